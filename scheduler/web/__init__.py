"""The pages that the clinic works with: templates, static files and the routes that fill them."""

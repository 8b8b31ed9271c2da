"""Ground floor: where and with whom a session can happen. It knows no patient and no protocol."""

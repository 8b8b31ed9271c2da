// Sets light or dark before the first paint, so that the page does not flash. The only classic script: modules run too late for this.
const chosenTheme = localStorage.getItem("theme");
if (chosenTheme) document.documentElement.dataset.theme = chosenTheme;

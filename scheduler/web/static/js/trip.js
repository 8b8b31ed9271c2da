// Goes on to the clinic's sign-in service, or back in from it, without a press of the button: a page that is only opened changes nothing,
// so that both need one.
const step = document.querySelector("[data-go-on]");
if (step.matches("form")) {
  step.elements.device.value = matchMedia("(pointer: coarse)").matches ? "tablet" : ""; // it locks sooner
  step.requestSubmit();
} else location.replace(step.href);

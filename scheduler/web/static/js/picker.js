// Finds a patient while typing: a combobox with a list, worked by arrows and Enter alone.

const line = (patient) => {
  const option = document.createElement("li");
  option.role = "option";
  option.id = `patient-${patient.id}`;
  const name = document.createElement("strong");
  name.textContent = patient.name;
  const number = document.createElement("span");
  number.className = "muted small";
  number.textContent = patient.identifier;
  const born = document.createElement("span");
  born.className = "born";
  born.textContent = `born ${patient.born_on}`;
  option.append(name, " ", number, " ", born);
  return option;
};

export class Picker {
  constructor(root, chosen) {
    this.address = root.dataset.picker;
    this.input = root.querySelector("[role=combobox]");
    this.list = root.querySelector("[role=listbox]");
    this.chosen = chosen;
    this.patients = [];
    this.input.addEventListener("input", () => this.#soon());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.#take([...this.list.children].indexOf(event.target.closest("[role=option]"))));
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#look(), 120);
  }

  async #look() {
    const words = this.input.value.trim();
    if (words.length < 2) {
      this.#close();
      return;
    }
    const answer = await fetch(this.address, { method: "POST", body: new URLSearchParams({ words }), headers: { Accept: "application/json" } });
    if (!answer.ok || words !== this.input.value.trim()) return;
    this.#show(await answer.json());
  }

  #show(patients) {
    this.patients = patients;
    this.list.replaceChildren(...patients.map(line));
    this.list.hidden = !patients.length;
    this.input.ariaExpanded = String(Boolean(patients.length));
    this.#point(0);
    document.getElementById("said").textContent = patients.length ? `${patients.length} found` : "Nobody found";
  }

  #point(index) {
    this.index = index;
    [...this.list.children].forEach((option, at) => { option.ariaSelected = String(at === index); });
    const option = this.list.children[index];
    if (!option) return;
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (this.list.hidden) {
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    const last = this.patients.length - 1;
    if (event.key === "ArrowDown") this.#point(Math.min(this.index + 1, last));
    else if (event.key === "ArrowUp") this.#point(Math.max(this.index - 1, 0));
    else if (event.key === "Enter") this.#take(this.index);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
  }

  #take(index) {
    if (!this.patients[index]) return;
    this.chosen(this.patients[index]);
    this.input.value = "";
    this.#close();
  }

  #close() {
    this.list.hidden = true;
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
  }
}

// Small things that every step needs.
const at = (id) => document.getElementById(id);
const words = (name) => { const text = name.replaceAll("_", " "); return text[0].toUpperCase() + text.slice(1); };
const number = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
// Results leave out what is empty.
const listed = (value) => value || [];
const total = (cost) => Math.round(100 * Object.values(cost?.credits || {}).reduce((sum, one) => sum + one, 0)) / 100;

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function say(text, bad = false) {
  at("said").textContent = text;
  at("said").classList.toggle("bad", bad);
}

// Shows one step; a reader is taken to its heading, unless it is the first.
function show(step, quietly = false) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== step;
  if (!quietly) at(`${step}-title`).focus();
}

// Runs what a button does, and shows its failure; the button rests meanwhile.
async function during(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

function lead(link, url, opened = () => {}) {
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener";
  link.onclick = (event) => {
    event.preventDefault();
    host.open(url).then(opened).catch((error) => say(error.message, true));
  };
}

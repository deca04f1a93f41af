// One bar of all rows, by what came of them; each outcome keeps its place and colour as others join in.
const OUTCOMES = ["found", "not_found", "invalid_input", "provider_error", "suppressed"];
const place = (name) => OUTCOMES.includes(name) ? OUTCOMES.indexOf(name) : OUTCOMES.length;

function chart(outcomes, rows) {
  const known = Object.entries(outcomes).filter(([, count]) => count > 0).sort(([a], [b]) => place(a) - place(b));
  const settled = known.reduce((sum, [, count]) => sum + count, 0);
  const parts = known.map(([name, count]) => [words(name), count, `tone-${place(name)}`]);
  if (rows > settled) parts.push(["Waiting", rows - settled, "tone-rest"]);
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  bar.setAttribute("viewBox", "0 0 100 10");
  bar.setAttribute("preserveAspectRatio", "none");
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", parts.map(([name, count]) => `${name}: ${number(count)}`).join(", "));
  const legend = element("ul", undefined, { class: "legend" });
  let left = 0;
  for (const [name, count, tone] of parts) {
    const width = 100 * count / Math.max(rows, settled);
    const part = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of Object.entries({ x: left, y: 0, width, height: 10, class: tone })) part.setAttribute(key, value);
    bar.append(part);
    left += width;
    const entry = element("li");
    entry.append(element("i", undefined, { class: tone, "aria-hidden": "true" }), `${name} ${number(count)}`);
    legend.append(entry);
  }
  at("chart").replaceChildren(bar, legend);
}

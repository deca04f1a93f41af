// The second step: which enrichment, by which columns, at what cost.
const order = { enrichment: null, mapping: {}, columns: [], ready: false, asked: 0 };

async function check() {
  const turn = ++order.asked;
  const given = { upload_id: session.upload };
  if (order.enrichment) given.enrichment = order.enrichment;
  if (Object.keys(order.mapping).length) given.mapping = order.mapping;
  if (at("per-row").value) given.per_row_limit = Number(at("per-row").value);
  at("start").disabled = true;
  try {
    const said = await host.call("resolve_bulk_upload_mapping", given);
    if (turn === order.asked) looked(said.data, said.warnings || []);
  } catch (error) {
    if (turn !== order.asked) return;
    say(error.message, true);
    at("file").disabled = false;
    // Where nothing tells which enrichment is meant, the person says it in words.
    if (error.field === "enrichment") wish();
  }
}

function wish() {
  at("check-title").textContent = "What is wanted?";
  at("wish-field").hidden = false;
  at("kind-field").hidden = true;
  at("ceiling-field").hidden = true;
  at("start").textContent = "Check";
  at("start").disabled = false;
  order.ready = false;
  show("check", true);
}

function looked(said, warnings) {
  if (!said.mapping) {
    say(said.next, true);
    at("file").disabled = false;
    return;
  }
  order.enrichment = said.mapping.enrichment;
  order.columns = said.file.columns;
  at("check-title").textContent = said.file.name;
  at("wish-field").hidden = true;
  at("kind-field").hidden = false;
  const kinds = [said.mapping.enrichment, ...listed(said.mapping.others).map((one) => one.enrichment)];
  at("kind").replaceChildren(...kinds.map((kind) => element("option", words(kind), { value: kind })));
  at("kind").value = said.mapping.enrichment;
  at("per-row-field").hidden = !said.mapping.needs_per_row_limit;
  choices(said.mapping);
  sample(said);
  at("notes").replaceChildren(...[...warnings, ...listed(said.mapping.notes)].map((one) => element("li", one)));
  estimated(said.estimate, said);
  show("check", !at("check").hidden);
}

// One list of columns for each input.
function choices(mapping) {
  const inputs = [
    ...listed(mapping.columns).map((one) => [one.role, one.column]),
    ...listed(mapping.missing).map((role) => [role, ""]),
  ];
  at("columns").replaceChildren(...inputs.map(([role, column]) => {
    const field = element("p"), list = element("select", undefined, { id: `role-${role}` });
    if (!column) list.append(element("option", "Choose a column", { value: "" }));
    list.append(...order.columns.map((name) => element("option", name, { value: name })));
    list.value = column;
    list.addEventListener("change", () => { order.mapping[role] = list.value; check(); });
    field.append(element("label", words(role), { for: list.id }), list);
    return field;
  }));
}

function sample(said) {
  const names = said.file.columns.slice(0, 6), head = element("tr");
  head.append(...names.map((name) => element("th", name, { scope: "col" })));
  const rows = listed(said.sample).map((cells) => {
    const row = element("tr");
    row.append(...names.map((name) => element("td", cells[name] || "")));
    return row;
  });
  at("sample").replaceChildren(head, ...rows);
  at("sample-field").hidden = !rows.length;
}

function estimated(found, said) {
  order.ready = Boolean(found) && !listed(found.problems).length;
  at("ceiling-field").hidden = !order.ready;
  at("start").textContent = order.ready ? "Start" : "Check";
  at("start").disabled = false;
  at("rows").textContent = found ? rowsOf(found) : "";
  at("cost").textContent = found ? costOf(found) : "";
  if (order.ready) {
    at("ceiling").value = total(found.max) || 1;
    say("");
  } else {
    say([said.next, ...listed(found?.problems)].join(" "), true);
  }
}

function rowsOf(found) {
  const free = [["invalid", found.invalid], ["repeated", found.duplicates], ["suppressed", found.suppressed], ["stored already", found.cached]];
  const said = free.filter(([, count]) => count).map(([name, count]) => `${number(count)} ${name}`);
  const aside = said.length ? ` (${said.join(", ")}: free)` : "";
  const unlocked = found.unlocked ? `, ${number(found.unlocked)} of them unlocked already` : "";
  return `${found.partial ? "At least " : ""}${number(found.rows)} rows, ${number(found.to_ask)} to ask${unlocked}${aside}.`;
}

function costOf(found) {
  const approval = found.needs_approval ? " A person has to approve it." : "";
  return `Most likely ${number(total(found.expected))} credits, at most ${number(total(found.max))}.${approval}`;
}

async function start() {
  const given = { upload_id: session.upload, enrichment: order.enrichment, max_credits: Number(at("ceiling").value) };
  if (Object.keys(order.mapping).length) given.mapping = order.mapping;
  if (!at("per-row-field").hidden) given.per_row_limit = Number(at("per-row").value);
  const { data } = await host.call("submit_detected_bulk_job", given);
  host.tell(`The person submitted bulk job ${data.job_id} (${data.enrichment}, at most ${data.max_credits} credits).`);
  follow(data.job_id);
}

at("kind").addEventListener("change", () => {
  order.enrichment = at("kind").value;
  order.mapping = {};
  check();
});
at("per-row").addEventListener("change", check);
// Not a form, because hosts may forbid their widgets to send any.
function go() {
  if (at("start").disabled || (order.ready && !at("ceiling").reportValidity())) return;
  if (!at("wish-field").hidden && at("wish").value.trim()) order.enrichment = at("wish").value.trim();
  during(at("start"), order.ready ? start : check);
}

at("start").addEventListener("click", go);
for (const id of ["wish", "ceiling"]) {
  at(id).addEventListener("keydown", (event) => event.key === "Enter" && go());
}

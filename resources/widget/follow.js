// The third step: how far the job is, and its file.
const OVER = ["completed", "cancelled", "failed"];
// What the server says of these is for the assistant, which has no buttons.
const STATES = {
  awaiting_approval: "Nothing is spent before.",
  failed: "Nothing was spent.",
  cancelled: "The rows that were done before are kept.",
};
const job = { id: null, timer: 0, since: 0, failures: 0 };

function follow(id) {
  job.id = id;
  job.since = Date.now();
  job.failures = 0;
  at("file-link").hidden = true;
  at("follow-title").textContent = "The job was submitted";
  show("follow");
  look();
}

function rest() {
  clearTimeout(job.timer);
  job.id = null;
}

async function look() {
  const id = job.id;
  clearTimeout(job.timer);
  try {
    const { data } = await host.call("get_bulk_job_status", { job_id: id });
    if (id !== job.id) return;
    job.failures = 0;
    draw(data);
    if (!OVER.includes(data.status)) job.timer = setTimeout(look, pause());
  } catch (error) {
    if (id !== job.id) return;
    say(error.message, true);
    if (++job.failures < 5) job.timer = setTimeout(look, 10_000);
  }
}

// Milliseconds: often at first, when most happens, and seldom for jobs that take hours.
const pause = () => Math.min(10_000, Math.max(1_500, (Date.now() - job.since) / 20));

function draw(said) {
  at("follow-title").textContent = `${said.name}: ${words(said.status).toLowerCase()}`;
  at("state").textContent = [said.reason, STATES[said.status]].filter(Boolean).join(" ");
  chart(said.outcomes || {}, said.rows);
  const left = said.seconds_left ? duration(said.seconds_left) : null;
  const figures = [
    ["Rows", `${number(said.settled)} of ${number(said.rows)} (${Math.floor(said.percent)} %)`],
    ["Found", number(said.found)],
    ["Spent", `${number(said.credits)} of at most ${number(said.max_credits)} credits`],
    ["Time left", left],
    ["Queue", said.queue_position ? `${number(said.queue_position)} before it` : null],
  ].filter(([, value]) => value !== null);
  at("figures").replaceChildren(...figures.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  at("approve").hidden = !said.approval_url;
  if (said.approval_url) lead(at("approve"), said.approval_url);
  at("go-on").hidden = said.status !== "paused";
  at("stop").hidden = OVER.includes(said.status);
  at("fetch").hidden = !["completed", "cancelled"].includes(said.status) || !at("file-link").hidden;
  say("");
}

function duration(seconds) {
  if (seconds < 90) return `about ${Math.ceil(seconds)} seconds`;
  return seconds < 5400 ? `about ${Math.ceil(seconds / 60)} minutes` : `about ${Math.ceil(seconds / 3600)} hours`;
}

for (const [id, action] of [["stop", "cancel"], ["go-on", "resume"]]) {
  at(id).addEventListener("click", () => during(at(id), async () => {
    draw((await host.call("control_bulk_job", { job_id: job.id, action })).data);
  }));
}
at("fetch").addEventListener("click", () => during(at("fetch"), async () => {
  const { data } = await host.call("export_bulk_job", { job_id: job.id, format: "csv" });
  lead(at("file-link"), data.file.url, () => swap("fetch", "file-link"));
  at("file-link").textContent = `Download ${data.file.name}`;
  swap("file-link", "fetch");
  say("The link works once, within an hour.");
}));

// A link that was used is of no use, so there is the button for another one again.
function swap(shown, hidden) {
  at(shown).hidden = false;
  at(hidden).hidden = true;
  say("");
  at(shown).focus();
}

// The first step: a file goes to the upload link, past the assistant.
const session = { upload: null, url: null, most: 0 };

function bring(opened) {
  session.url = opened.upload_url;
  session.most = opened.max_bytes;
  at("file").value = "";
  at("file").disabled = false;
  at("arrived").hidden = true;
  at("page").hidden = false;
  lead(at("page-link"), session.url);
  say("");
  show("bring", true);
}

function send(file) {
  if (file.size > session.most) {
    say(`${file.name} has more than ${number(session.most / 1e6)} MB. Split it into several files.`, true);
    return;
  }
  const request = new XMLHttpRequest();
  request.open("POST", session.url);
  request.setRequestHeader("Accept", "application/json");
  request.upload.onprogress = (event) => {
    const percent = Math.floor(100 * event.loaded / Math.max(1, event.total));
    at("arrived").value = percent;
    say(percent < 100 ? `${file.name}: ${percent} %` : `${file.name} is there and is being read.`);
  };
  request.onload = () => arrived(request, file);
  request.onerror = () => refused("The file could not be sent from here. Open the upload page in a browser instead.");
  const body = new FormData();
  body.append("file", file);
  at("arrived").hidden = false;
  at("arrived").value = 0;
  at("file").disabled = true;
  request.send(body);
}

function refused(sentence) {
  at("file").disabled = false;
  at("file").value = "";
  at("arrived").hidden = true;
  say(sentence, true);
  at("file").focus();
}

function arrived(request, file) {
  let said = null;
  try {
    said = JSON.parse(request.responseText);
  } catch {
    // A proxy in between answered.
  }
  if (request.status !== 201 || !said) {
    refused(said && said.error ? `${said.error.message} ${said.error.fix}` : "The server did not take the file.");
    return;
  }
  host.tell(`The person brought the file ${said.file.name} as upload ${said.upload_id}; they go on in the form.`);
  say(`${file.name} is there.`);
  check();
}

at("file").addEventListener("change", () => at("file").files.length && send(at("file").files[0]));
at("arrived-there").addEventListener("click", () => during(at("arrived-there"), check));
{
  const area = document.querySelector(".drop");
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!at("file").disabled && event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
  });
}

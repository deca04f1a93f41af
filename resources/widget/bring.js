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
  const problem = tooLarge(file, session.most);
  if (problem) {
    say(problem, true);
    return;
  }
  at("file").disabled = true;
  sendFile(file, session.url, "application/json", at("arrived"), say).then(
    (request) => arrived(request, file),
    () => refused("The file could not be sent from here. Open the upload page in a browser instead."),
  );
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
takeDropped(document.querySelector(".drop"), at("file"), (files) => send(files[0]));

"use strict";
// Without this script the form is sent as it is; with it a file can be dropped, and the page tells how far it is.
function prepare() {
  const form = document.querySelector("form.bring");
  if (!form) return;
  const area = form.querySelector(".drop"), input = form.elements.file, button = form.querySelector("button");
  const said = form.querySelector("[role=status]"), bar = form.querySelector("progress");
  const most = Number(form.dataset.most);
  const send = () => {
    const file = input.files[0];
    if (!file) { said.textContent = "Choose a file first."; input.focus(); return; }
    if (file.size > most) { said.textContent = `${file.name} has more than ${form.dataset.megabytes} MB. Split it into several files.`; return; }
    const request = new XMLHttpRequest();
    request.open("POST", location.href);
    request.setRequestHeader("Accept", "text/html");
    request.upload.onprogress = (event) => {
      const percent = Math.floor(100 * event.loaded / Math.max(1, event.total));
      bar.value = percent;
      said.textContent = percent < 100 ? `${file.name}: ${percent} %` : `${file.name} is there and is being read.`;
    };
    request.onload = () => show(request.responseText);
    request.onerror = () => {
      button.disabled = input.disabled = false;
      bar.hidden = true;
      said.textContent = "The connection was lost before the file was there. Send it again.";
    };
    const body = new FormData();
    body.append("file", file);
    bar.hidden = false;
    button.disabled = input.disabled = true;
    request.send(body);
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    if (input.disabled || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    send();
  });
}
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
  prepare();
}
prepare();

// Without this script the form is sent as it is; with it a file can be dropped, and the page tells how far it is.
function prepare() {
  const form = document.querySelector("form.bring");
  if (!form) return;
  const input = form.elements.file, button = form.querySelector("button");
  const said = form.querySelector("[role=status]"), bar = form.querySelector("progress");
  const tell = (sentence) => { said.textContent = sentence; };
  const again = (sentence) => {
    button.disabled = input.disabled = false;
    bar.hidden = true;
    tell(sentence);
  };
  const send = () => {
    const file = input.files[0];
    if (!file) { tell("Choose a file first."); input.focus(); return; }
    const problem = tooLarge(file, Number(form.dataset.most));
    if (problem) { tell(problem); return; }
    button.disabled = input.disabled = true;
    sendFile(file, location.href, "text/html", bar, tell).then(
      (request) => show(request.responseText)
        || again(`The server did not take the file (status ${request.status}). Send it again, or tell whoever runs it.`),
      () => again("The connection was lost before the file was there. Send it again."),
    );
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  takeDropped(form.querySelector(".drop"), input, (files) => { input.files = files; send(); });
}
// Shows the page that the server answered with; whether it was one, and not what a proxy in between says.
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html"), main = page.querySelector("main");
  if (!main) return false;
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
  prepare();
  return true;
}
prepare();

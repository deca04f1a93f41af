// What the upload page and the widget share: a file that is dropped, and one on its way to an upload link.

// Files that are dropped on `area` go to `take`, unless `input` rests.
function takeDropped(area, input, take) {
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!input.disabled && event.dataTransfer.files.length) take(event.dataTransfer.files);
  });
}

// Why a file of more than `most` bytes is not sent; nothing for a smaller one.
function tooLarge(file, most) {
  return file.size > most ? `${file.name} has more than ${Math.floor(most / 1e6)} MB. Split it into several files.` : "";
}

// The request by which a file was brought to `url`, whatever it was answered. `tell` gets a sentence now and then.
function sendFile(file, url, accept, bar, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", accept);
    request.upload.onprogress = (event) => {
      const percent = Math.floor(100 * event.loaded / Math.max(1, event.total));
      bar.value = percent;
      tell(percent < 100 ? `${file.name}: ${percent} %` : `${file.name} is there and is being read.`);
    };
    request.onload = () => resolve(request);
    request.onerror = reject;
    const body = new FormData();
    body.append("file", file);
    bar.value = 0;
    bar.hidden = false;
    request.send(body);
  });
}

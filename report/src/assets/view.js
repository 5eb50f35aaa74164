// Gives a picture to the server, dropped or chosen, and shows what comes back.
"use strict";
const state = document.getElementById("state"), answer = document.getElementById("answer"), file = document.getElementById("file");
let latest = 0;
const give = async picture => {
  if (!picture) return;
  const own = ++latest;
  state.className = "";
  state.textContent = picture.name + ": on its way through the machine …";
  let failed = true, text;
  try {
    const reply = await fetch("/picture", { method: "POST", body: picture });
    text = await reply.text();
    failed = !reply.ok;
  } catch (error) {
    text = "systole view does not answer (" + error.message + "); is it still running?";
  }
  // A later picture's answer is the one to show.
  if (own !== latest) return;
  if (failed) {
    state.className = "failed";
    state.textContent = picture.name + ": " + text;
    answer.replaceChildren();
  } else {
    state.textContent = picture.name;
    answer.innerHTML = text;
  }
};
file.addEventListener("change", () => give(file.files[0]));
document.getElementById("give").addEventListener("submit", event => event.preventDefault());
const over = on => event => {
  event.preventDefault();
  document.body.classList.toggle("over", on);
};
addEventListener("dragover", over(true));
addEventListener("dragleave", over(false));
addEventListener("drop", event => {
  over(false)(event);
  give(event.dataTransfer.files[0]);
});

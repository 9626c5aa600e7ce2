// Folds and unfolds the whole tree. Everything works without this script.
"use strict";
const button = document.getElementById("fold");
if (button) {
  const parts = document.querySelectorAll(".tree details");
  button.hidden = parts.length < 2;
  button.addEventListener("click", () => {
    const opens = [...parts].some((part) => !part.open);
    for (const part of parts) part.open = opens;
  });
}

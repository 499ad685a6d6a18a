/* Passkeys: starts the form of each page that has one, and says what went wrong. */
const WORDS = {
  NotAllowedError: "The passkey was not used: it was cancelled, or took too long. Try again.",
  InvalidStateError: "This device is added already.",
  SecurityError: "Passkeys need https here, and a name instead of a number as the address.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.getElementById("passkey-said");
  said.textContent = `✕ ${WORDS[event.detail.exception?.name] ?? "That did not work. Try again, or use the password."}`;
  said.hidden = false;
});

for (const place of document.querySelectorAll("[data-passkey]")) {
  window.allauth.webauthn.forms[place.dataset.passkey]({ ids: JSON.parse(place.dataset.ids) });
}

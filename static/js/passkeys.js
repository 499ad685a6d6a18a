/* Passkeys: starts the form of each page that has one, and says what went wrong. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.getElementById("passkey-said");
  const words = said.getAttribute(`data-${event.detail.exception?.name}`);
  said.textContent = `✕ ${words ?? said.dataset.otherwise}`;
  said.hidden = false;
});

for (const place of document.querySelectorAll("[data-passkey]")) {
  window.allauth.webauthn.forms[place.dataset.passkey]({ ids: JSON.parse(place.dataset.ids) });
}

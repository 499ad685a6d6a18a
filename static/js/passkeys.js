/* Passkeys: starts the form, shows what went wrong. */
const said = (name) => document.querySelector(`[data-error=${name}]`);

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const one of document.querySelectorAll("[data-error]")) one.hidden = true;
  (said(event.detail.exception?.name) ?? said('""')).hidden = false;
});

for (const place of document.querySelectorAll("[data-passkey]")) {
  window.allauth.webauthn.forms[place.dataset.passkey]({ ids: JSON.parse(place.dataset.ids) });
}

import { type Html, html } from '../../../platform/http/html.js';
import { type Page, page, withScript } from '../../../platform/http/page.js';

const PASSKEY_SCRIPT = '/assets/passkey.js';

/** A form that the browser's authenticator fills in: WebAuthn cannot be used without a script. */
export function passkeyForm(given: {
  title: string;
  ceremony: 'create' | 'get';
  /** PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON. */
  optionsJson: string;
  action: string;
  button: string;
  fields: Html;
  back: string;
}): Page {
  const { title, ceremony, optionsJson, action, button, fields, back } = given;
  return withScript(
    PASSKEY_SCRIPT,
    page(
      200,
      title,
      html`<form method="post" action="${action}" data-ceremony="${ceremony}" data-options="${optionsJson}">
          ${fields}
          <input type="hidden" name="credential" />
          <p><button>${button}</button></p>
          <p class="error" role="alert" hidden></p>
        </form>
        <noscript><p class="error">Passkeys need JavaScript.</p></noscript>
        <p><a href="${back}">Back</a></p>`,
    ),
  );
}

/** Asks the authenticator when the button is pressed, and sends its answer as a field of the form. */
export const passkeyScript = `'use strict';
const form = document.querySelector('form[data-ceremony]');
const failure = form.querySelector('[role=alert]');

async function ask() {
  if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    throw new Error('This browser is too old for passkeys here. Use a current one.');
  }
  const options = JSON.parse(form.dataset.options);
  if (form.dataset.ceremony === 'create') {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function sentence(error) {
  if (error.name === 'InvalidStateError') return 'This device has a passkey of yours already.';
  if (error.name === 'NotAllowedError') return 'That was cancelled, or took too long. Try again.';
  if (error.name === 'SecurityError') return 'Passkeys do not work at this address: see PASSKEY_RP_ID.';
  return error.message;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  failure.hidden = true;
  ask().then(
    (credential) => {
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    },
    (error) => {
      failure.textContent = sentence(error);
      failure.hidden = false;
    },
  );
});
`;

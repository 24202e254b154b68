import { html } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';
import type { Condition } from './enforcement-conditions.js';
import { button } from './page-form.js';
import type { Setup } from './sso-setup.calls.js';
import { SETUP } from './paths.js';

/** What enforcing means, what is missing for it, and the button once nothing is. */
export function enforcementPage({ enforcement }: Setup, conditions: readonly Condition[]): Page {
  const ready = conditions.every(({ met }) => met);
  const armed = (enforcement?.breakGlass.length ?? 0) > 0;
  return page(
    200,
    'Enforce single sign-on',
    html`<p>
        Sessions that began with a code or passkey stop working in this organization at once, yours too;
        members sign in through the provider from then on. API keys keep working.
      </p>
      <ul>
        ${conditions.map(
          ({ met, text }) =>
            html`<li><span class="${met ? 'good' : 'bad'}">${met ? 'Met' : 'Missing'}</span>: ${text}</li>`,
        )}
      </ul>
      ${
        !armed &&
        html`<p class="note">
          No break-glass access is armed: while the provider is down, no member can sign in, and the operator
          of the server has to end enforcement by <code>dovecote end-enforcement</code>.
          <a href="${SETUP}#break-glass">Arm it first</a>.
        </p>`
      }
      ${ready && html`<p>${button(`${SETUP}/enforcement`, 'Enforce single sign-on', { enforced: 'true' })}</p>`}
      <p><a href="${SETUP}#enforcement">Back</a></p>`,
  );
}

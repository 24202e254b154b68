import { explainRefusal, type SamlRefusalReason } from '@dovecote/saml';
import { adviceFor } from './login-refusal.js';

/** What to change so that a login which was refused like this is good, in a sentence; empty when it was good. */
export function adviceOn(reason: string): string {
  if (reason === '') return '';
  // What is none of our own reasons came from libs/saml.
  return adviceFor(reason) ?? explainRefusal(reason as SamlRefusalReason);
}

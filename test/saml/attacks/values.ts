// Properly signed, by the right key: but not for us, not now, not from there, or not for the first time.
import type { SamlRefusalReason } from '@dovecote/saml';
import { minutes } from '../idp.js';
import type { Claims } from '../idp.js';
import { valid } from '../variants.js';
import type { How } from '../variants.js';
import { OTHER_REQUEST } from '../world.js';
import type { Attack } from './attack.js';

function says(
  name: string,
  reason: SamlRefusalReason,
  changes: Partial<Claims>,
  how: How = 'both',
  connection?: Attack['connection'],
): Attack {
  return { name, reason, make: (world) => valid(world, how, changes), connection };
}

const NONE = { responseTo: undefined, confirmationTo: undefined };
const allowed = (): object => ({ allowIdpInitiated: true });

export const values: readonly Attack[] = [
  says('another audience', 'wrong_audience', { audience: 'https://else.test' }),
  says('an audience that begins like ours', 'wrong_audience', {
    audience: 'https://dovecote.test/saml/acme2',
  }),
  says('no audience', 'wrong_audience', { audience: undefined }),
  says('a second restriction without us', 'wrong_audience', {
    conditions:
      '<saml:AudienceRestriction><saml:Audience>https://else.test</saml:Audience></saml:AudienceRestriction>',
  }),
  says('an unknown condition', 'malformed', {
    conditions: '<saml:Condition xsi:type="xs:string">a</saml:Condition>',
  }),
  says('another recipient', 'wrong_recipient', { recipient: 'https://dovecote.test/saml/other/acs' }),
  says('no recipient', 'wrong_recipient', { recipient: undefined }),
  says('another destination', 'wrong_destination', { destination: 'https://dovecote.test/saml/other/acs' }),
  says('another destination, unsigned', 'wrong_destination', { destination: 'https://a.test/' }, 'assertion'),
  says('no destination in a signed response', 'wrong_destination', { destination: undefined }, 'response'),
  says('another issuer', 'wrong_issuer', {
    issuer: 'https://idp.other.test/',
    responseIssuer: 'https://idp.other.test/',
  }),
  says(
    'another issuer of the response',
    'wrong_issuer',
    { responseIssuer: 'https://idp.other.test/' },
    'assertion',
  ),
  says('another issuer of the assertion', 'wrong_issuer', { issuer: 'https://idp.other.test/' }, 'response'),
  says('a failure', 'status', { status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }),
  says('a status that is none', 'status', { status: '' }),
  says('another version', 'malformed', { version: '1.1' }),
  says('a begin in the future', 'not_yet_valid', { notBefore: minutes(2) }),
  says('an end in the past', 'expired', { notOnOrAfter: minutes(-2) }),
  says('a confirmation that has ended', 'expired', { confirmationEnd: minutes(-2) }),
  says('a confirmation without an end', 'malformed', { confirmationEnd: undefined }),
  says('an issue in the future', 'not_yet_valid', { issueInstant: minutes(2) }),
  says('an issue long ago', 'expired', { issueInstant: minutes(-60 * 25) }),
  says('a sign-in in the future', 'not_yet_valid', { authnInstant: minutes(2) }),
  says('a session that has ended', 'expired', { sessionEnd: minutes(-2) }),
  says('a time that is none', 'malformed', { notOnOrAfter: 'tomorrow' }),
  says('a time outside the calendar', 'malformed', { notOnOrAfter: '2026-13-45T99:00:00Z' }),
  says(
    'an old sign-in where a new one was asked for',
    'stale_sign_in',
    { authnInstant: minutes(-120) },
    'both',
    () => ({
      forceAuthn: true,
    }),
  ),
  says('holder-of-key', 'no_bearer_confirmation', {
    confirmation: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key',
  }),
  says('no name', 'no_subject', { nameId: '' }),
  says('a name of blanks', 'no_subject', { nameId: '  ' }),
  says('no request', 'unsolicited', NONE),
  says('a request that was never made', 'unknown_request', { responseTo: '_none', confirmationTo: '_none' }),
  says('a request of another connection', 'unknown_request', {
    responseTo: OTHER_REQUEST,
    confirmationTo: OTHER_REQUEST,
  }),
  says(
    'a made-up request at a connection that allows any begin',
    'idp_initiated_with_request',
    { responseTo: '_none', confirmationTo: '_none' },
    'both',
    allowed,
  ),
  says('an empty request', 'unsolicited', { responseTo: '', confirmationTo: '' }),
  says('two requests', 'in_response_to', { responseTo: OTHER_REQUEST }),
  says('two requests, one unsigned', 'in_response_to', { responseTo: OTHER_REQUEST }, 'assertion'),
  says(
    'a request put around an unsolicited assertion',
    'in_response_to',
    { confirmationTo: undefined },
    'assertion',
    allowed,
  ),
  says('an attribute without a name', 'malformed', { attributes: '<saml:Attribute/>' }),
];

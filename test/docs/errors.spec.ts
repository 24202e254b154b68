import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { format } from 'prettier';
import type { FailureKind } from '@dovecote/rpc';
import type { ErrorKind } from '../../src/platform/errors/index.js';
import { type Refusal, refusals } from './error-reasons.js';

/** The page of the reasons that clients branch on. `ERRORS=write npm run jest -- test/docs/errors`. */
const page = new URL('../../docs/errors.md', import.meta.url);

/** In the order of the page, each with what a client does about it. */
const advice: Record<ErrorKind, string> = {
  invalid_argument: 'Change the request: `BadRequest` names every field and what is wrong with it.',
  unauthenticated: 'Prove again who calls: refresh the token, or sign in.',
  permission_denied: 'The caller may not do this. Another caller may.',
  not_found: 'It is not there, or the caller may not see it.',
  already_exists: 'Take the one that exists, or another name.',
  failed_precondition:
    'Something else has to be done first; the message says what. The same call fails until then.',
  aborted: 'Two changes met. Read again, then repeat the call.',
  resource_exhausted:
    'A limit is reached. Where `RetryInfo` and `Retry-After` say when, repeat the call then.',
  unavailable: 'Repeat the call after a pause that grows.',
  deadline_exceeded: 'The call may have had its effect. Read before repeating it, with a later deadline.',
  cancelled: 'The client ended the call.',
  unimplemented: 'This server does not offer it.',
  internal:
    'A defect of the server. Tell the operator the request id of `RequestInfo`, which finds the cause in the log.',
};

/** What the transport refuses before a handler is called, or instead of one. */
const transport: Record<FailureKind, Omit<Refusal, 'reason'>> = {
  cancelled: { kind: 'cancelled', message: 'The client went away.' },
  compression_unknown: { kind: 'unimplemented', message: 'The compression of the request is not supported.' },
  content_type_unsupported: {
    kind: 'unknown',
    message: 'The content type is none of Connect, gRPC or gRPC-Web.',
  },
  deadline_exceeded: { kind: 'deadline_exceeded', message: 'The deadline of the call has passed.' },
  header_too_large: {
    kind: 'resource_exhausted',
    message: 'The header fields of the request are too large.',
  },
  http_method_not_allowed: {
    kind: 'unknown',
    message: 'The HTTP method is not POST, nor GET where the RPC allows it.',
  },
  internal: { kind: 'internal', message: 'Internal error.' },
  method_unknown: { kind: 'unimplemented', message: 'There is no such service or method.' },
  request_malformed: {
    kind: 'invalid_argument',
    message: 'The request cannot be read as a message of its type.',
  },
  request_too_large: { kind: 'resource_exhausted', message: 'The request is larger than the RPC accepts.' },
  service_unknown: { kind: 'not_found', message: 'A health check names a service that is not here.' },
  shutting_down: { kind: 'unavailable', message: 'The server is shutting down; another process may answer.' },
};

/** Descriptions of errors whose message is computed. */
const explained: Record<string, string> = {
  DAILY_LIMIT: 'The calls of this kind are used up for today; says which, how many, and when there are more.',
  DOMAIN_NOT_PROVEN: 'The TXT record was not found, or cannot be looked up; says what was found instead.',
  OUTBOUND_REFUSED:
    'The address that the server was to call does not answer, or is not to be called; says why.',
  PASSKEY_REFUSED: 'The passkey cannot be registered; says what is wrong with it.',
  PROVIDER_UNREACHABLE: 'The identity provider does not answer as it should; says what it answered.',
};

const all: Refusal[] = [
  ...refusals().map((refusal) => ({
    ...refusal,
    message: refusal.message || (explained[refusal.reason] ?? ''),
  })),
  ...Object.entries(transport).map(([kind, refusal]) => ({ reason: kind.toUpperCase(), ...refusal })),
  // Created by a function that takes only the sentence.
  {
    reason: 'UNIMPLEMENTED',
    kind: 'unimplemented',
    message: 'The RPC or what was asked of it is part of a later release.',
  },
  {
    reason: 'INVALID_ARGUMENT',
    kind: 'invalid_argument',
    message: 'The fields and what is wrong with each.',
  },
];

function sectionOf(kind: string, text: string): string {
  const messages = new Map<string, Set<string>>();
  for (const refusal of all.filter((one) => one.kind === kind)) {
    const known = messages.get(refusal.reason) ?? new Set();
    messages.set(refusal.reason, known.add(refusal.message));
  }
  const rows = [...messages]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([reason, said]) => {
      const sentences = [...said].filter((sentence) => sentence !== '').sort();
      return `| \`${reason}\` | ${sentences.join('<br>').replaceAll('|', String.raw`\|`)} |`;
    });
  if (rows.length === 0) return '';
  return [`## ${kind}`, '', text, '', '| reason | message |', '| --- | --- |', ...rows, ''].join('\n');
}

async function pageText(): Promise<string> {
  const sections = Object.entries({
    ...advice,
    unknown: 'The request is no call of a protocol that is spoken here.',
  });
  const text = `# Errors

Every error carries \`google.rpc.ErrorInfo\` with a \`reason\` and the domain \`dovecote\`, and \`google.rpc.RequestInfo\`. Clients
branch on the code and on the reason, never on the message: reasons do not change, messages may. \`…\` stands for what is known
when the error happens. The code has no reason that is not here: \`ERRORS=write npm run jest -- test/docs/errors\` writes this
page from it, and a spec compares it.

${sections.map(([kind, sentence]) => sectionOf(kind, sentence)).join('\n')}`;
  return format(text, { parser: 'markdown', printWidth: 110 });
}

test('the page has every reason that the code gives', async () => {
  const text = await pageText();
  if (process.env['ERRORS'] === 'write') await writeFile(page, text);
  expect(await readFile(page, 'utf8')).toBe(text);
});

test('every reason is in capitals and says something to people', () => {
  expect(all.length).toBeGreaterThan(150);
  const said = new Set(all.filter(({ message }) => message !== '').map(({ reason }) => reason));
  expect(all.filter(({ reason }) => !said.has(reason))).toEqual([]);
  expect(all.filter(({ reason }) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(reason))).toEqual([]);
});

import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { format } from 'prettier';
import { accessTable, methodName, permissionName, services } from '../../src/platform/access/index.js';
import type { AccessRow, CallerKind } from '../../src/platform/access/access-rule.js';

/** The page that tells people what the access table tells the server. `ACCESS=write npm run jest -- test/access/page`. */
const page = new URL('../../docs/access.md', import.meta.url);

const everyCredential = ['person', 'member', 'api_key'] as const;

function callersOf({ boundary, callers, membersFor, organization }: AccessRow): string {
  if (callers.has('anonymous')) return 'anyone';
  if (organization === 'of_project') return 'a member, in the project that the request names';
  if (organization) return 'a member of the organization that the request names';
  if (everyCredential.every((kind) => callers.has(kind))) return 'anybody with a credential';
  const member = { own_data: 'a member, for themselves', record: 'a member, by name' };
  const names: Partial<Record<CallerKind, string>> = {
    person: 'a signed-in person',
    member: membersFor ? member[membersFor] : 'a member',
    api_key: 'an API key',
    project_key: boundary === 'sdk' ? 'a key of the project that writes' : 'a key of the project that reads',
    internal: 'sibling services',
  };
  return [...callers].map((kind) => names[kind]).join(', ');
}

function proofOf({ proof }: AccessRow): string {
  if (proof.need === 'none') return '';
  if (proof.need === 'depends') return `where ${proof.when}`;
  return proof.exempt.includes('api_key') ? 'yes; API keys are exempt' : 'yes';
}

function rowOf(rpc: string): string {
  const row = accessTable.get(rpc);
  if (!row) throw new Error(`${rpc} has no row.`);
  const permissions = row.anyOf.map((permission) => permissionName(permission).replace('PERMISSION_', ''));
  const who = `${callersOf(row)}${row.personal ? ', not through an identity provider' : ''}`;
  const cells = [rpc.split('/').at(-1), who, permissions.join(' or '), proofOf(row)];
  return `| ${cells.join(' | ')} |`;
}

async function pageText(): Promise<string> {
  const tables = services.map(({ typeName, methods }) =>
    [
      `## ${typeName}`,
      '',
      '| RPC | who | permission | recent proof |',
      '| --- | --- | --- | --- |',
      ...methods.map((method) => rowOf(methodName(method))),
      '',
    ].join('\n'),
  );
  const text = `# Who may call what

What \`src/platform/access/table\` says, for people; \`ACCESS=write npm run jest -- test/access/page\` writes this page, and
a spec compares it. What somebody may do with one row is decided by its module.

A _recent proof_ is a sign-in, or \`Reauthenticate\`, at most \`RECENT_SIGN_IN_MINUTES\` ago
([ADR 44](adr/0044-what-a-stolen-token-is-not-enough-for.md)).

${tables.join('\n')}`;
  return format(text, { parser: 'markdown', printWidth: 110 });
}

test('the page says what the table says', async () => {
  const text = await pageText();
  if (process.env['ACCESS'] === 'write') await writeFile(page, text);
  expect(await readFile(page, 'utf8')).toBe(text);
});

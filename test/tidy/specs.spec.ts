import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const files = ['src', 'libs', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/(^|\/)(node_modules|dist|gen)\//.test(file))
    .map((file) => ({ path: `${folder}/${file}`, text: readFileSync(join(root, folder, file), 'utf8') })),
);
const specs = files.filter(({ path }) => path.endsWith('.spec.ts'));

/** Where one is not enough, mostly because the environments differ. The numbers only fall. */
const servers: Record<string, number> = {
  'src/first-start.spec.ts': 2,
  'src/platform/mail/mail.spec.ts': 3,
  'test/access/boundaries.spec.ts': 2,
  'test/access/credentials.spec.ts': 4,
  'test/fault/erasure-kills.spec.ts': 2,
  'test/fault/erasure.spec.ts': 2,
  'test/migration/migration.spec.ts': 4,
  'test/rpc/admission.spec.ts': 2,
  'test/rpc/audit-export.spec.ts': 2,
  'test/rpc/auth.spec.ts': 3,
  'test/rpc/cors.spec.ts': 3,
  'test/rpc/dashboard-auth.spec.ts': 2,
  'test/rpc/doors.spec.ts': 2,
  'test/rpc/http.spec.ts': 2,
  'test/rpc/invite-link.spec.ts': 2,
  'test/rpc/json.spec.ts': 2,
  'test/rpc/kept-answers.spec.ts': 2,
  'test/rpc/limits.spec.ts': 5,
  'test/rpc/objects.spec.ts': 2,
  'test/rpc/passkey.spec.ts': 2,
  'test/rpc/render-process.spec.ts': 3,
  'test/rpc/role.spec.ts': 2,
  'test/rpc/short-code.spec.ts': 2,
  'test/rpc/sso-logout.spec.ts': 2,
  'test/rpc/sso-subject.spec.ts': 2,
  'test/rpc/step-up.spec.ts': 2,
  'test/rpc/telemetry.spec.ts': 2,
  'test/rpc/throttle.spec.ts': 2,
  'test/rpc/transport-errors.spec.ts': 2,
  'test/scim/tokens.spec.ts': 2,
};

describe('spec files', () => {
  test('start one server or clone one database each: a fresh organization keeps tests apart', () => {
    const starts = Object.fromEntries(
      specs.map(({ path, text }) => [path, startsIn(text)] as const).filter(([, count]) => count > 1),
    );
    expect(starts).toEqual(servers);
  });

  test('share their support: what it registered at its top level would count for the first spec file only', () => {
    const hooks = /^(?:before|after)(?:All|Each)\(|^(?:describe|test|it)\b.*\(/m;
    const registering = files.filter(({ path, text }) => !path.endsWith('.spec.ts') && hooks.test(text));
    expect(registering.map(({ path }) => path)).toEqual([]);
  });
});

function startsIn(text: string): number {
  return text.match(/(?<!function )\b(?:startTestServer|start\w+World|cloneDatabase)\(/g)?.length ?? 0;
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, type DescMethod } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { Code, type ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { accessTable, methodName, Permission, services } from '../../src/platform/access/index.js';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { callRpc } from '../support/call-rpc.js';
import { addApiKey, addMember, addProject, type Cast, seedCast } from '../support/cast.js';
import { freePort } from '../support/free-port.js';
import { exampleRequest } from '../support/requests.js';
import { addHolder } from '../support/role-holders.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { expectedRefusal, type Kind, permissionsOfRole } from './expectation.js';

const internalSecret = 'a-secret-of-at-least-thirty-two-characters';

/** Somebody who calls every RPC, and what the specification says they are. */
interface Visitor {
  kind: Kind;
  permissions: readonly string[];
  headers: Readonly<Record<string, string>>;
  access?: 'write' | 'read' | 'both';
  ownHeader?: boolean;
  listener?: 'internal';
  /** The organization that their requests name, if not Acme. */
  names?: string;
}

/** Which guard spoke; handlers refuse with reasons of their own, about the object and not the caller. */
const gateReasons = new Set([
  'CREDENTIAL_MISSING',
  'CREDENTIAL_INVALID',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'SESSION_ENDED',
  'ORGANIZATION_MISSING',
  'NOT_A_MEMBER',
  'API_KEY_HAS_NO_USER',
  'CALLER_NOT_ADMITTED',
  'INTERNAL_ONLY',
  'PERMISSION_MISSING',
  'INSUFFICIENT_USER_AUTHENTICATION',
  'PERSON_REQUIRED',
  'PROJECT_ID_MISSING',
  'PROJECT_NOT_ACCESSIBLE',
  'PROJECT_KEY_ACCESS',
  'PROJECT_KEY_REQUIRED',
]);

/** Everyone may make these calls about themselves; about others the handler asks for the permission. */
const decidedByTheHandler = new Set([
  '/pidgr.v1.MemberService/GetUser',
  '/pidgr.v1.MemberService/UpdateUserProfile',
  '/pidgr.v1.DeviceService/ListMemberDevices',
  '/pidgr.v1.PrivacyService/ExportUserData',
  '/pidgr.v1.PrivacyService/RectifyUserData',
  // People need none, keys ORG_WRITE.
  '/pidgr.v1.OrganizationService/CreateSandboxOrganization',
]);

/** What they refuse stands in the request, a credential or an address, but in a code that the gate has, too. */
const judgeTheRequest = new Set([
  '/auth.v1.AuthService/SignIn',
  '/auth.v1.AuthService/RefreshToken',
  '/public.auth.v1.AuthService/SignInWithEmail',
  '/public.auth.v1.AuthService/RefreshSession',
  '/dashboard.orgemailproviders.v1.OrgEmailProvidersService/SendTest',
  '/orgemailproviders.v1.OrgEmailProvidersService/SendTest',
]);

const aboutTheRequest = /^invalid credentials|^session expired|your own address only/;

const methods = services.flatMap((service) => service.methods);

let s: TestServer;
let cast: Cast;
let internalPort: number;
let visitors: Record<string, Visitor>;

beforeAll(async () => {
  internalPort = await freePort();
  s = await startTestServer({
    env: { INTERNAL_PORT: String(internalPort), INTERNAL_SECRET: internalSecret },
  });
  cast = await seedCast(s);
  const blank = await addApiKey(s, cast.acme, []);
  const trudy = await addMember(s, cast.other, { email: 'trudy@other.example', role: 'super_admin' });
  const pat = await addMember(s, cast.acme, { email: 'pat@acme.example', role: 'super_admin' });
  const viewer = await addHolder(s, cast.acme, [Permission.ANALYTICS_READ]);
  const tokens = s.server.app.get(AccessTokens, { strict: false });
  const { identityId, sessionId, email } = pat;
  const undecided = await tokens.issue({ identityId, sessionId, email, provenAt: Date.now() });
  const secret = { authorization: `Bearer ${internalSecret}` };
  const { keys } = cast.site;
  // Nothing but calls in a project looks at it.
  const site = { 'x-project-id': cast.site.id };
  visitors = {
    nobody: { kind: 'nobody', permissions: [], headers: {} },
    alice: {
      kind: 'member',
      permissions: permissionsOfRole.super_admin,
      headers: { ...cast.alice.headers, ...site },
    },
    max: {
      kind: 'member',
      permissions: permissionsOfRole.manager,
      headers: { ...cast.max.headers, ...site },
    },
    erin: {
      kind: 'member',
      permissions: permissionsOfRole.employee,
      headers: { ...cast.erin.headers, ...site },
    },
    'a viewer of analytics': {
      kind: 'member',
      permissions: ['ANALYTICS_READ'],
      headers: { ...viewer.headers, ...site },
    },
    kiosk: {
      kind: 'key',
      permissions: permissionsOfRole.super_admin,
      headers: { ...cast.kiosk.headers, ...site },
    },
    'a key without permissions': { kind: 'key', permissions: [], headers: { ...blank.headers, ...site } },
    mallory: {
      kind: 'member',
      permissions: permissionsOfRole.super_admin,
      headers: { ...cast.mallory.headers, 'x-project-id': cast.otherSite.id },
      names: cast.other.id,
    },
    'an SDK key': { kind: 'project_key', permissions: [], access: 'write', headers: keys.sdk.headers },
    'a shared key': { kind: 'project_key', permissions: [], access: 'read', headers: keys.shared.headers },
    'a public key': {
      kind: 'project_key',
      permissions: [],
      access: 'write',
      ownHeader: true,
      headers: keys.public.headers,
    },
    'a private key': {
      kind: 'project_key',
      permissions: [],
      access: 'both',
      ownHeader: true,
      headers: keys.private.headers,
    },
    'a person who names no organization': {
      kind: 'person',
      permissions: permissionsOfRole.super_admin,
      headers: { authorization: `Bearer ${undecided.token}` },
    },
    'a stranger who claims to be of Acme': {
      kind: 'stranger',
      permissions: permissionsOfRole.super_admin,
      headers: { ...trudy.headers, 'x-org-id': cast.acme.id, ...site },
    },
    'the internal secret at the public door': { kind: 'impostor', permissions: [], headers: secret },
    'a sibling service': { kind: 'sibling', permissions: [], headers: secret, listener: 'internal' },
    'nobody at the internal door': { kind: 'impostor', permissions: [], headers: {}, listener: 'internal' },
  };
});
afterAll(() => s?.stop());

async function visit(visitor: Visitor, method: DescMethod): Promise<ConnectError | undefined> {
  const headers = {
    ...visitor.headers,
    ...(visitor.listener && { 'x-org-id': cast.acme.id }),
    ...(await projectToDelete(visitor, method)),
  };
  const client =
    visitor.listener === 'internal'
      ? createClient(method.parent, internalTransport(headers))
      : s.client(method.parent, headers);
  const request = exampleRequest(method);
  const { organization } = accessTable.get(methodName(method)) ?? {};
  if (organization === 'of_message') request['orgId'] = visitor.names ?? cast.acme.id;
  if (organization === 'of_project') request['id'] = (visitor.names ? cast.otherSite : cast.site).id;
  const { error } = await callRpc(client, method, request);
  // The other calls of the visitor need the session that this one has ended.
  if (method.name.endsWith('SignOut')) await s.database.query('update session set revoked_at = null');
  // Likewise the membership; the server has forgotten it with the departure.
  if (method.name === 'Leave') await s.database.query('update member set status = 2 where status = 3');
  return error;
}

/** A project that the call may delete: the other calls need the one of the cast. */
async function projectToDelete(
  { headers, names }: Visitor,
  method: DescMethod,
): Promise<Record<string, string>> {
  const deletes = methodName(method) === '/dashboard.projects.v1.ProjectsService/Delete';
  if (!deletes || !headers['x-project-id']) return {};
  const { id } = await addProject(s, names ? cast.other : cast.acme, crypto.randomUUID());
  return { 'x-project-id': id };
}

function internalTransport(headers: Record<string, string>) {
  return createGrpcTransport({
    baseUrl: `http://127.0.0.1:${internalPort}`,
    interceptors: [
      (next) => (request) => {
        for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
        return next(request);
      },
    ],
  });
}

const reasonOf = (error: ConnectError): string => error.findDetails(ErrorInfoSchema)[0]?.reason ?? '';

/** `admitted`, `refused PermissionDenied`, or what broke. */
function outcomeOf(method: DescMethod, error: ConnectError | undefined): string {
  if (!error) return 'admitted';
  if (error.code === Code.Internal || error.code === Code.Unknown) return `broken: ${error.message}`;
  const reason = reasonOf(error);
  // The public contracts do not say which guard spoke; their handlers have no such refusals.
  if (!/^(pidgr|dovecote)\./.test(method.parent.typeName)) {
    if (judgeTheRequest.has(methodName(method)) && aboutTheRequest.test(error.rawMessage)) return 'admitted';
    const isRefused = error.code === Code.Unauthenticated || error.code === Code.PermissionDenied;
    return isRefused ? `refused ${Code[error.code]}` : 'admitted';
  }
  if (!gateReasons.has(reason)) return 'admitted';
  if (reason === 'PERMISSION_MISSING' && decidedByTheHandler.has(methodName(method))) return 'admitted';
  return `refused ${Code[error.code]}`;
}

/** A sentence when the call came out otherwise than the specification says; undefined when all is well. */
async function surprise(visitor: Visitor, method: DescMethod): Promise<string | undefined> {
  const rpc = methodName(method);
  const row = accessTable.get(rpc);
  if (!row) return `${rpc} has no row.`;
  const anyOf = row.anyOf.map((permission) => Permission[permission] ?? '');
  const refusal = expectedRefusal({ ...row, anyOf }, visitor);
  const expected = refusal ? `refused ${Code[refusal.code]}` : 'admitted';
  const error = await visit(visitor, method);
  const outcome = outcomeOf(method, error);
  if (outcome !== expected) return `${rpc}: ${outcome} instead of ${expected} (${error?.message})`;
  const unsaid = refusal?.says.filter((words) => !error?.rawMessage.includes(words)) ?? [];
  return unsaid.length > 0 ? `${rpc} does not say "${unsaid.join('", "')}": ${error?.message}` : undefined;
}

describe('every RPC', () => {
  test.each([
    'nobody',
    'alice',
    'max',
    'erin',
    'a viewer of analytics',
    'kiosk',
    'a key without permissions',
    'mallory',
    'an SDK key',
    'a shared key',
    'a public key',
    'a private key',
    'a person who names no organization',
    'a stranger who claims to be of Acme',
    'the internal secret at the public door',
    'a sibling service',
    'nobody at the internal door',
  ])('called by %s', async (name) => {
    const visitor = visitors[name];
    if (!visitor) throw new Error(`${name} is not in the cast.`);
    const surprises: string[] = [];
    for (const method of methods) {
      const found = await surprise(visitor, method);
      if (found) surprises.push(found);
    }
    expect(surprises).toEqual([]);
  });
});

test('every RPC of the contract has been called', () => {
  expect(methods.length).toBe(accessTable.size);
  expect(methods.length).toBeGreaterThan(90);
});

test('the requests are well formed: a call that is admitted gets past validation', () => {
  const validator = createValidator();
  const malformed = methods.filter((method) => {
    const request = create(method.input, exampleRequest(method));
    return validator.validate(method.input, request).kind !== 'valid';
  });
  expect(malformed.map(methodName)).toEqual([]);
});

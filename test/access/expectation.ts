import { Code } from '@connectrpc/connect';

/**
 * What the specification says about who may call what, written down a second time and by hand: the code under test
 * is not asked. Permissions are names here, as in the specification.
 */

/**
 * - `nobody`: no credential; `impostor`: one that does not hold
 * - `stranger`: a person who names an organization that is not theirs
 * - `project_key`: a program with the key of a project
 * - `sibling`: a service of ours on the internal listener
 */
export type Kind =
  'nobody' | 'impostor' | 'person' | 'stranger' | 'member' | 'key' | 'project_key' | 'sibling';

interface Visiting {
  kind: Kind;
  permissions: readonly string[];
  listener?: 'internal';
  /** Only for the key of a project: its access, and whether it is sent in `x-api-key`. */
  access?: 'write' | 'read' | 'both';
  ownHeader?: boolean;
}

export interface Refused {
  code: Code;
  /** Words that the message must contain. */
  says: readonly string[];
}

interface Rule {
  callers: ReadonlySet<string>;
  membersFor?: string;
  boundary?: string;
  organization?: string;
  anyOf: readonly string[];
}

const employee = ['INBOX_READ', 'INBOX_ACT'];
const manager = [
  'ORG_READ',
  'MEMBERS_READ',
  'MEMBERS_INVITE',
  'CAMPAIGNS_READ',
  'CAMPAIGNS_WRITE',
  'CAMPAIGNS_START',
  'TEMPLATES_READ',
  'TEMPLATES_WRITE',
  'TEMPLATES_REVIEW',
  'GROUPS_ALL_READ',
  'GROUPS_WRITE',
  'TEAMS_ALL_READ',
  'TEAMS_WRITE',
  'ANALYTICS_READ',
  'ANALYTICS_WRITE',
  ...employee,
];
const superAdmin = [
  'ORG_WRITE',
  'MEMBERS_MANAGE',
  'GROUPS_ALL_WRITE',
  'TEAMS_ALL_WRITE',
  'PRIVACY_READ',
  'PRIVACY_WRITE',
  'AUDIT_READ',
  'CHANNELS_DISPATCH',
  'REACHABILITY_WRITE',
  ...manager,
];

export const permissionsOfRole = { employee, manager, super_admin: superAdmin } as const;

const signIn = { code: Code.Unauthenticated, says: [] };
const chooseOrganization = { code: Code.FailedPrecondition, says: ['x-org-id'] };
const notYours = { code: Code.PermissionDenied, says: ['not a member'] };
const keyHasNoName = { code: Code.PermissionDenied, says: ['API key', 'recorded under the name'] };
const keyHasNoUser = { code: Code.PermissionDenied, says: ['API key', 'person'] };
const internalOnly = { code: Code.PermissionDenied, says: ['internal services'] };
const keyOfAProject = { code: Code.PermissionDenied, says: ['key'] };
const nameTheProject = { code: Code.Unauthenticated, says: ['x-project-id header is required'] };
const noSuchProject = { code: Code.Unauthenticated, says: ['project not found or access denied'] };
const notForSiblings = { code: Code.PermissionDenied, says: [] };

/** Undefined: admitted by the rule; permissions still have a say. */
const byKinds: Record<string, Record<Exclude<Kind, 'impostor' | 'project_key'>, Refused | undefined>> = {
  'anonymous person member api_key internal': {
    nobody: undefined,
    person: undefined,
    stranger: undefined,
    member: undefined,
    key: undefined,
    sibling: undefined,
  },
  person: {
    nobody: signIn,
    person: undefined,
    // The organization does not matter to calls about the person.
    stranger: undefined,
    member: undefined,
    key: keyHasNoUser,
    sibling: notForSiblings,
  },
  'person api_key': {
    nobody: signIn,
    person: undefined,
    stranger: undefined,
    member: undefined,
    key: undefined,
    sibling: notForSiblings,
  },
  'member own_data': {
    nobody: signIn,
    person: chooseOrganization,
    stranger: notYours,
    member: undefined,
    key: keyHasNoUser,
    sibling: notForSiblings,
  },
  'member record': {
    nobody: signIn,
    person: chooseOrganization,
    stranger: notYours,
    member: undefined,
    key: keyHasNoName,
    sibling: notForSiblings,
  },
  'member api_key': {
    nobody: signIn,
    person: chooseOrganization,
    stranger: notYours,
    member: undefined,
    key: undefined,
    sibling: notForSiblings,
  },
  'person member api_key': {
    nobody: signIn,
    person: undefined,
    stranger: notYours,
    member: undefined,
    key: undefined,
    sibling: notForSiblings,
  },
  // Calls in a project: programs send something, and only they.
  project_key: {
    nobody: signIn,
    person: keyOfAProject,
    stranger: keyOfAProject,
    member: keyOfAProject,
    key: keyOfAProject,
    sibling: notForSiblings,
  },
  // The same, where something is read.
  'member api_key project_key': {
    nobody: signIn,
    person: nameTheProject,
    stranger: noSuchProject,
    member: undefined,
    key: undefined,
    sibling: notForSiblings,
  },
  // Members in a project.
  'member record dashboard': {
    nobody: signIn,
    person: nameTheProject,
    stranger: noSuchProject,
    member: undefined,
    key: keyHasNoName,
    sibling: notForSiblings,
  },
  // Members and API keys in a project.
  'member api_key dashboard': {
    nobody: signIn,
    person: nameTheProject,
    stranger: noSuchProject,
    member: undefined,
    key: undefined,
    sibling: notForSiblings,
  },
  // Members of the organization that the request names.
  'person member record of_message': {
    nobody: signIn,
    person: undefined,
    // Their header names a project, which is looked at first.
    stranger: noSuchProject,
    member: undefined,
    key: keyHasNoName,
    sibling: notForSiblings,
  },
  // Members in the project that the request names; a project of others is not there.
  'person member record of_project': {
    nobody: signIn,
    person: undefined,
    stranger: noSuchProject,
    member: undefined,
    key: keyHasNoName,
    sibling: notForSiblings,
  },
  internal: {
    nobody: internalOnly,
    person: internalOnly,
    stranger: notYours,
    member: internalOnly,
    key: internalOnly,
    sibling: undefined,
  },
};

/** Who must be refused and how; undefined: whatever happens next is not about access. */
export function expectedRefusal(rule: Rule, visitor: Visiting): Refused | undefined {
  if (visitor.kind === 'impostor') {
    // A call that needs no credential ignores a bad one; siblings always need theirs.
    return rule.callers.has('anonymous') && visitor.listener === undefined ? undefined : signIn;
  }
  const apart = rule.boundary === 'dashboard' ? rule.boundary : rule.organization;
  const kinds = [...rule.callers, rule.membersFor, apart].filter((word) => word !== undefined).join(' ');
  const expectations = byKinds[kinds];
  if (!expectations) throw new Error(`No expectation is written down for callers "${kinds}".`);
  if (visitor.kind === 'project_key') return expectedOfProjectKey(rule, visitor, expectations.nobody);
  const refused = expectations[visitor.kind];
  if (refused || rule.anyOf.length === 0) return refused;
  if (rule.anyOf.some((permission) => visitor.permissions.includes(permission))) return undefined;
  return { code: Code.PermissionDenied, says: rule.anyOf.map((permission) => `PERMISSION_${permission}`) };
}

function expectedOfProjectKey(
  rule: Rule,
  visitor: Visiting,
  ofNobody: Refused | undefined,
): Refused | undefined {
  if (rule.boundary && rule.boundary !== 'dashboard') {
    const needed = rule.boundary === 'sdk' ? 'write' : 'read';
    return visitor.access === needed || visitor.access === 'both' ? undefined : keyOfAProject;
  }
  // Other calls do not read `x-api-key`.
  if (visitor.ownHeader || rule.callers.has('anonymous')) return ofNobody;
  return rule.callers.has('internal') ? internalOnly : keyOfAProject;
}

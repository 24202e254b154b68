import type { Obstacle } from './obstacle.js';

/** The role under which the server runs unless the operator names another: owns nothing, bypasses nothing. */
export const appRole = 'dovecote_app';

/** What PostgreSQL says about the role that is to serve, and about the owner who would change it. */
export interface AppRoleFacts {
  readonly role: string;
  /** Absent when there is no such role. */
  readonly attributes?: RoleAttributes;
  /** Why the role cannot sign in as it is to; absent when it can. */
  readonly signInRefusal?: string;
  /** Other databases of the same PostgreSQL server in which the role has rights. */
  readonly otherDatabases: readonly string[];
  readonly owner: {
    readonly name: string;
    readonly superuser: boolean;
    readonly createsRoles: boolean;
    /** From PostgreSQL 16 on, CREATEROLE is enough only for roles that the owner has ADMIN OPTION on. */
    readonly administersRole: boolean;
  };
}

export interface RoleAttributes {
  readonly superuser: boolean;
  readonly bypassesRowSecurity: boolean;
  readonly createsRoles: boolean;
  readonly createsDatabases: boolean;
  readonly maySignIn: boolean;
}

/** What is to be done about the role: `options` complete "create role …" or "alter role …"; none means nothing. */
export interface AppRolePlan {
  readonly statement: 'create' | 'alter';
  readonly options: readonly string[];
  readonly setsPassword: boolean;
}

/** Changes the role where it differs and only there: an owner who is no superuser may not even repeat what holds. */
export function planAppRole(facts: AppRoleFacts): AppRolePlan | undefined {
  const { attributes, signInRefusal } = facts;
  if (!attributes) return { statement: 'create', options: ['login'], setsPassword: true };
  const options = [
    ...(attributes.superuser ? ['nosuperuser'] : []),
    ...(attributes.bypassesRowSecurity ? ['nobypassrls'] : []),
    ...(attributes.createsRoles ? ['nocreaterole'] : []),
    ...(attributes.createsDatabases ? ['nocreatedb'] : []),
    ...(attributes.maySignIn ? [] : ['login']),
  ];
  const setsPassword = signInRefusal !== undefined;
  return options.length === 0 && !setsPassword ? undefined : { statement: 'alter', options, setsPassword };
}

/** Why the plan cannot be carried out. */
export function refusePlan(facts: AppRoleFacts, plan: AppRolePlan | undefined): Obstacle | undefined {
  if (!plan) return undefined;
  const { role, owner, otherDatabases } = facts;
  const ownRole = `make a role yourself ("create role … login password '…'") and set DATABASE_APP_URL to it`;
  if (plan.setsPassword && otherDatabases.length > 0)
    return refusal(
      `Role ${role} serves ${otherDatabases.join(', ')} on this PostgreSQL server, with another master key.`,
      `For a second installation on the server, ${ownRole}; for the same one, set the same MASTER_KEY.`,
    );
  if (owner.superuser) return undefined;
  if (plan.statement === 'create') {
    if (owner.createsRoles) return undefined;
    return refusal(
      `Role ${role} does not exist, and ${owner.name} may not create roles.`,
      `As an administrator, run "alter role ${owner.name} createrole"; or ${ownRole}.`,
    );
  }
  const needed = [...plan.options, ...(plan.setsPassword ? ['password'] : [])];
  const needsSuperuser = plan.options.some((option) => option === 'nosuperuser' || option === 'nobypassrls');
  if (owner.createsRoles && owner.administersRole && !needsSuperuser) return undefined;
  return refusal(
    `Role ${role} is not as the server needs it (${needed.join(', ')}), and ${owner.name} may not alter it.`,
    needsSuperuser
      ? `As an administrator, run "alter role ${role} ${plan.options.join(' ')}".`
      : `As an administrator, run "grant ${role} to ${owner.name} with admin option" and give it CREATEROLE, or drop the role if nothing else uses it; or ${ownRole}.`,
  );
}

/** Why a role that the operator made cannot serve. Nothing about it is changed. */
export function refuseConfiguredRole(facts: AppRoleFacts): Obstacle | undefined {
  const { role, attributes, owner, signInRefusal } = facts;
  if (!attributes)
    return refusal(
      `Role ${role} of DATABASE_APP_URL does not exist.`,
      `Run "create role ${role} login password '…'", or correct DATABASE_APP_URL.`,
    );
  if (role === owner.name)
    return refusal(
      `DATABASE_APP_URL names the owner of the tables, ${role}.`,
      'Name a role that owns nothing, or remove DATABASE_APP_URL: the server makes its own role.',
    );
  if (attributes.superuser || attributes.bypassesRowSecurity)
    return refusal(
      `Role ${role} of DATABASE_APP_URL bypasses row-level security.`,
      `As an administrator, run "alter role ${role} nosuperuser nobypassrls".`,
    );
  if (signInRefusal !== undefined)
    return refusal(
      `Role ${role} cannot connect: ${signInRefusal}.`,
      'Correct DATABASE_APP_URL, or the role.',
    );
  return undefined;
}

function refusal(text: string, advice: string): Obstacle {
  return { subject: 'app role', text, advice };
}

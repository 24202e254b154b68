import { Injectable } from '@nestjs/common';
import {
  type EscalationTarget,
  type Manager,
  MOST_PER_RECIPIENT,
  type WorkflowDefinition,
} from '@dovecote/workflow';
import { validate as isUuid } from 'uuid';
import type { FieldViolation } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Roles } from '../../people/role/index.js';
import { type MemberReference, NamedMemberStore } from '../../people/roster/index.js';
import { ManagerStore } from './manager.store.js';

/** The recipient and their manager may be among those who are listed, and take no place. */
const MOST_LISTED = MOST_PER_RECIPIENT + 2;

const missing: Record<MemberReference['type'], string> = {
  USER: 'is not a member of this organization',
  GROUP: 'is not a group of this organization',
  ROLE: 'is not a role of this organization',
};

/** The people whom steps name to be told of recipients. */
@Injectable()
export class Targets {
  constructor(
    private readonly members: NamedMemberStore,
    private readonly managers: ManagerStore,
    private readonly roles: Roles,
  ) {}

  /** Those whom the targets name at this moment, managers apart. */
  named(scope: Scope, targets: readonly EscalationTarget[], includeRestricted: boolean) {
    const references = targets.flatMap((target) => toReference(target) ?? []);
    return this.members.resolve(scope, references, { includeRestricted, most: MOST_LISTED });
  }

  /** The managers of these members, by member; undefined when the targets do not name managers. */
  async managersOf(
    scope: Scope,
    targets: readonly EscalationTarget[],
    userIds: readonly string[],
    includeRestricted: boolean,
  ): Promise<Map<string, Manager> | undefined> {
    if (!namesManagers(targets)) return undefined;
    return this.managers.managers(scope, userIds, includeRestricted);
  }

  /** Targets that the organization does not have; `field` is the path of the workflow. */
  async violations(scope: Scope, workflow: WorkflowDefinition, field: string): Promise<FieldViolation[]> {
    const given = targetsOf(workflow, field);
    const ids = (type: MemberReference['type']): string[] =>
      given.flatMap(({ target }) =>
        target.type === type && isUuid(target.targetId) ? [target.targetId] : [],
      );
    const known = await this.members.known(scope, ids('USER'), ids('GROUP'));
    if (ids('ROLE').length > 0) for (const { id } of await this.roles.list(scope)) known.add(id);
    return given
      .filter(({ target }) => !known.has(target.targetId.toLowerCase()))
      .map(({ path, target }) => ({ field: path, description: missing[target.type] }));
  }
}

export function namesManagers(targets: readonly EscalationTarget[]): boolean {
  return targets.some(({ type }) => type === 'MANAGER');
}

function toReference({ type, targetId }: EscalationTarget): MemberReference | undefined {
  // `validate` has refused unspecified types.
  return type === 'MANAGER' || type === 'UNSPECIFIED' ? undefined : { type, targetId };
}

/** The targets that have an id, and where each stands. */
function targetsOf(
  { steps }: WorkflowDefinition,
  field: string,
): { path: string; target: MemberReference }[] {
  return steps.flatMap(({ config }, index) => {
    const at = `${field}.steps[${index}]`;
    const [path, targets] =
      config?.kind === 'ESCALATE'
        ? [`${at}.escalate_config.targets`, config.targets]
        : config?.kind === 'SEND_REMINDER'
          ? [`${at}.send_reminder.notify_targets`, config.notifyTargets]
          : [at, []];
    return targets.flatMap((given, place) => {
      const target = toReference(given);
      return target ? [{ path: `${path}[${place}].target_id`, target }] : [];
    });
  });
}

import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../member/index.js';
import { OrganizationEntity } from './organization.entity.js';

// Row-level security shows a person their own memberships in every organization.
const ofPerson = statement(
  'organization.of_person',
  `select o.id from member m join organization o on o.id = m.org_id
    where m.identity_id = $1 and m.status <> ${memberStatus.deactivated} 
      and (o.expires_at is null or o.expires_at > $2
           or exists (select from organization_deletion d where d.organization_id = o.id))`,
);

const ofPersonWithPermissions = statement(
  'organization.of_person_with_permissions',
  `select o.id, o.name, o.created_at as "createdAt", o.updated_at as "updatedAt", r.permissions
     from member m
     join organization o on o.id = m.org_id
     join role r on r.org_id = m.org_id and r.id = m.role_id
    where m.identity_id = $1 and m.status = ${memberStatus.active} and (o.expires_at is null or o.expires_at > $2)
    order by o.created_at, o.id`,
);

/** An organization that a person is in, and what they may do there. */
export type HeldOrganization = Pick<OrganizationEntity, 'id' | 'name' | 'createdAt' | 'updatedAt'> & {
  permissions: number[];
};

@Injectable()
export class OrganizationStore {
  async find(scope: Scope): Promise<OrganizationEntity | null> {
    const { entities } = await scope.tx();
    return entities.findOneBy(OrganizationEntity, { id: scope.orgId });
  }

  /** Locked until the transaction ends: two updates at once do not lose one another's fields. */
  async findForUpdate(scope: Scope): Promise<OrganizationEntity | null> {
    const { entities } = await scope.tx();
    return entities.findOne(OrganizationEntity, {
      where: { id: scope.orgId },
      lock: { mode: 'for_no_key_update' },
    });
  }

  /** The living organizations of a person, oldest first. */
  async listOfPerson(scope: Scope, identityId: string): Promise<OrganizationEntity[]> {
    const tx = await scope.tx();
    const rows = await tx.query<{ id: string }>(ofPerson, [identityId, scope.now()]);
    return tx.entities.find(OrganizationEntity, {
      where: { id: In(rows.map(({ id }) => id)) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** Those that answer, oldest first. */
  async listHeld(scope: Scope, identityId: string): Promise<HeldOrganization[]> {
    const tx = await scope.tx();
    return tx.query<HeldOrganization>(ofPersonWithPermissions, [identityId, scope.now()]);
  }

  async insert(scope: Scope, organization: OrganizationEntity): Promise<void> {
    const { entities } = await scope.tx();
    await entities.insert(OrganizationEntity, organization);
  }

  async update(scope: Scope, change: Partial<OrganizationEntity>): Promise<void> {
    const { entities } = await scope.tx();
    await entities.update(OrganizationEntity, { id: scope.orgId }, { ...change, updatedAt: scope.now() });
  }
}

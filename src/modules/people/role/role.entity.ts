import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A named set of permissions that members of one organization hold. */
@Entity('role')
export class RoleEntity {
  @PrimaryColumn({ name: 'org_id', type: 'uuid' })
  orgId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** Made from the name at creation; never changes. */
  @Column('text')
  slug!: string;

  @Column('text')
  name!: string;

  /** The name as it is compared: no two roles of an organization have the same. */
  @Column({ name: 'name_key', type: 'text', select: false })
  nameKey?: string;

  /** Seeded with the organization. */
  @Column({ name: 'is_default', type: 'boolean' })
  isDefault!: boolean;

  /** Cannot be changed or deleted. */
  @Column({ name: 'is_system', type: 'boolean' })
  isSystem!: boolean;

  /** Numbers of pidgr.v1.Permission. */
  @Column({ type: 'smallint', array: true })
  permissions!: number[];

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

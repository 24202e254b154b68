import type { WorkflowDefinition } from '@dovecote/workflow';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A claim of the identity provider that sign-in copies to a field of the profile. */
export interface SsoAttributeMapping {
  idpClaim: string;
  profileField: string;
}

/**
 * A tenant and its settings. Enumerations hold the numbers of the contract. What an update leaves out is settled when the
 * organization is founded, and the server's role could not write it.
 */
@Entity('organization')
export class OrganizationEntity {
  @PrimaryColumn('uuid', { update: false })
  id!: string;

  @Column('text')
  name!: string;

  @Column('smallint')
  industry!: number;

  @Column({ name: 'company_size', type: 'smallint' })
  companySize!: number;

  @Column({ name: 'org_type', type: 'smallint', update: false })
  orgType!: number;

  /** Language of members who chose none; may be empty. */
  @Column({ name: 'default_locale', type: 'text' })
  defaultLocale!: string;

  @Column({ name: 'default_workflow', type: 'jsonb', nullable: true })
  defaultWorkflow!: WorkflowDefinition | null;

  @Column({ name: 'data_governance_region', type: 'text' })
  dataGovernanceRegion!: string;

  @Column({ name: 'sso_attribute_mappings', type: 'jsonb' })
  ssoAttributeMappings!: SsoAttributeMapping[];

  @Column({ name: 'ml_retrain_cold_threshold', type: 'integer' })
  mlRetrainColdThreshold!: number;

  @Column({ name: 'ml_cancelled_counts', type: 'boolean' })
  mlCancelledCounts!: boolean;

  @Column({ name: 'ml_manual_limit_monthly', type: 'integer' })
  mlManualLimitMonthly!: number;

  /** Null: as usual for this type of organization. */
  @Column({ name: 'include_synthetic_in_aggregates', type: 'boolean', nullable: true })
  includeSyntheticInAggregates!: boolean | null;

  @Column({ name: 'provisional_archetypes_enabled', type: 'boolean' })
  provisionalArchetypesEnabled!: boolean;

  @Column({ name: 'default_verification_unit_level', type: 'smallint' })
  defaultVerificationUnitLevel!: number;

  /** When it ceases to answer: for sandboxes, and for what is being deleted. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', update: false })
  createdAt!: Date;

  /** When its settings were last changed; null: never. */
  @Column({ name: 'updated_at', type: 'timestamptz', nullable: true })
  updatedAt!: Date | null;
}

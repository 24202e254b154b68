import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MemberProfile } from './member.rules.js';

/** A person in one organization. Enumerations hold the numbers of the contract. */
@Entity('member')
export class MemberEntity {
  @PrimaryColumn({ name: 'org_id', type: 'uuid' })
  orgId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** The person across organizations. */
  @Column({ name: 'identity_id', type: 'uuid' })
  identityId!: string;

  /** In lower case. */
  @Column('text')
  email!: string;

  @Column('text')
  name!: string;

  @Column('smallint')
  status!: number;

  @Column({ name: 'role_id', type: 'uuid' })
  roleId!: string;

  @Column('jsonb')
  profile!: MemberProfile;

  /** Beside the profile: the database holds it to members of the organization. */
  @Column({ name: 'manager_id', type: 'uuid', nullable: true })
  managerId!: string | null;

  @Column({ name: 'theme_preference', type: 'smallint' })
  themePreference!: number;

  /** Empty: the organization's, or the device's. */
  @Column({ name: 'preferred_locale', type: 'text' })
  preferredLocale!: string;

  /** Campaigns, analytics and replay leave the person out. */
  @Column({ name: 'processing_restricted', type: 'boolean' })
  processingRestricted!: boolean;

  /** Since when; null when it is not. */
  @Column({ name: 'restricted_at', type: 'timestamptz', nullable: true })
  restrictedAt!: Date | null;

  /** Empty: the organization's. */
  @Column({ name: 'data_governance_region', type: 'text' })
  dataGovernanceRegion!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  /** When the person first joined; null while the invitation is open. Kept when the member is deactivated. */
  @Column({ name: 'joined_at', type: 'timestamptz', nullable: true })
  joinedAt!: Date | null;

  /**
   * When the link was last mailed that signs the invited person in; the invitation expires days afterwards. Null: it does
   * not expire, and no link of it signs in. Kept once it is accepted.
   */
  @Column({ name: 'invitation_sent_at', type: 'timestamptz', nullable: true })
  invitationSentAt!: Date | null;
}

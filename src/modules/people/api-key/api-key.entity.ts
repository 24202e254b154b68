import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A credential of one organization for a program. The secret itself is nowhere, only its hash. */
@Entity('api_key')
export class ApiKeyEntity {
  @PrimaryColumn({ name: 'org_id', type: 'uuid' })
  orgId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  /** Number of pidgr.v1.KeyType. */
  @Column({ name: 'key_type', type: 'smallint' })
  keyType!: number;

  /** SHA-256 of the secret. */
  @Column({ name: 'key_hash', type: 'bytea', select: false })
  keyHash!: Buffer;

  /** The first characters of the secret, to tell keys apart. */
  @Column({ name: 'key_prefix', type: 'text' })
  keyPrefix!: string;

  @Column({ name: 'last_four', type: 'text' })
  lastFour!: string;

  /** Numbers of pidgr.v1.Permission. */
  @Column({ type: 'smallint', array: true })
  permissions!: number[];

  /** The member or the key that made it. */
  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt!: Date | null;
}

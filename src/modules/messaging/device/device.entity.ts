import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A phone or tablet that takes pushes for one member. */
@Entity('device')
export class DeviceEntity {
  @PrimaryColumn({ name: 'org_id', type: 'uuid' })
  orgId!: string;

  /** Chosen by the client. */
  @PrimaryColumn({ name: 'device_id', type: 'uuid' })
  deviceId!: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId!: string;

  /** A number of pidgr.v1.Platform. */
  @Column('smallint')
  platform!: number;

  @Column('boolean')
  active!: boolean;

  /** When it last registered. */
  @Column({ name: 'last_seen', type: 'timestamptz' })
  lastSeen!: Date;

  /** When it first registered for this member. */
  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

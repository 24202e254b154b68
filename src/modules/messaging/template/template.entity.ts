import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DeclaredVariable } from './template-version.js';

/** What all versions of a template share. */
@Entity('template')
export class TemplateEntity {
  @PrimaryColumn({ name: 'org_id', type: 'uuid' })
  orgId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** For administrators. */
  @Column('text')
  name!: string;

  /** Title of its messages. */
  @Column('text')
  title!: string;

  /** A number of pidgr.v1.TemplateType. */
  @Column('smallint')
  type!: number;

  @Column({ name: 'source_locale', type: 'text' })
  sourceLocale!: string;

  @Column({ name: 'latest_version', type: 'integer' })
  latestVersion!: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}

/** One version's text; written once, never changed. */
@Entity('template_version')
export class TemplateVersionEntity {
  @PrimaryColumn({ name: 'org_id', type: 'uuid' })
  orgId!: string;

  @PrimaryColumn({ name: 'template_id', type: 'uuid' })
  templateId!: string;

  @PrimaryColumn('integer')
  version!: number;

  @Column('text')
  body!: string;

  @Column('jsonb')
  variables!: DeclaredVariable[];

  /** The member or API key that wrote it. */
  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

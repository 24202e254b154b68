import type { ProjectKeyFamily } from '@dovecote/secret';
import type { Project } from '../../../platform/caller/project.js';

/** A project as its organization sees it. */
export interface ProjectRow extends Project {
  readonly name: string;
  /** The path under which its SDKs send events, one of those that the operator has configured; empty: the usual one. */
  readonly ingestPath: string;
  /** The server made it, for the events of campaigns. */
  readonly builtIn: boolean;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  /** When its settings were changed last. */
  readonly updatedAt: Date;
}

/** What can be set of a project. */
export type ProjectSettings = Pick<
  ProjectRow,
  'name' | 'zone' | 'retentionDays' | 'mergeIdentities' | 'eventsPerSecond' | 'ingestPath'
>;

/** A credential of one project for programs. */
export interface ProjectKeyRow {
  readonly orgId: string;
  readonly projectId: string;
  readonly id: string;
  readonly name: string;
  readonly family: ProjectKeyFamily;
  /** SHA-256 of the key. */
  readonly keyHash: Buffer;
  /** The key itself, sealed; only of the family `public`, which can be read again. */
  readonly sealedKey: Buffer | null;
  readonly lastFour: string;
  /** The member or the key that made it. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

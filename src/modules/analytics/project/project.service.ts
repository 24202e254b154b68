import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { type AppError, notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey, resolvedZone } from '../../../platform/text/index.js';
import { eraseDeletedProjectsTask } from './deleted-projects.service.js';
import type { ProjectRow, ProjectSettings } from './project.js';
import {
  builtInName,
  changesOf,
  defaultZone,
  freeName,
  keepsShorter,
  refuseConfirmation,
  refuseIngestPath,
  refuseProjectOverLimit,
  unknownZone,
} from './project.rules.js';
import { ProjectStore } from './project.store.js';
import { Retention } from './retention.service.js';

export type NewProject = Pick<ProjectSettings, 'name'> & Partial<ProjectSettings>;

/** What a module does with what it keeps of a project, in the transaction that deletes the project. */
type ProjectDeletion = (scope: Scope, project: ProjectRow) => Promise<void>;

@Injectable()
export class Projects {
  private readonly deletions: ProjectDeletion[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: ProjectStore,
    private readonly retention: Retention,
  ) {}

  /** Called by a module when it starts. */
  contribute(deletion: ProjectDeletion): void {
    this.deletions.push(deletion);
  }

  /** By name. */
  list(scope: Scope): Promise<ProjectRow[]> {
    return this.store.list(scope);
  }

  async get(scope: Scope, id: string): Promise<ProjectRow> {
    return required(await this.store.find(scope, id.toLowerCase()));
  }

  /** Locks the row until the transaction ends. */
  async getForUpdate(scope: Scope, id: string): Promise<ProjectRow> {
    return required(await this.store.findForUpdate(scope, id.toLowerCase()));
  }

  /** The project of the events of campaigns. Made when it is asked for: in it the ids of one person count as one. */
  async getBuiltIn(scope: Scope): Promise<ProjectRow> {
    await this.store.countForInsert(scope);
    const found = await this.store.findBuiltIn(scope);
    if (found) return found;
    const taken = new Set((await this.store.list(scope)).map(({ name }) => nameKey(name)));
    const name = freeName(builtInName, (one) => taken.has(nameKey(one)));
    return this.insert(scope, { name, mergeIdentities: true }, true);
  }

  /** A project without keys. By default its zone is UTC, events are kept, and each id counts as a person. */
  create(scope: Scope, input: NewProject): Promise<ProjectRow> {
    return this.insert(scope, input, false);
  }

  private async insert(scope: Scope, input: NewProject, builtIn: boolean): Promise<ProjectRow> {
    const settings: ProjectSettings = {
      retentionDays: null,
      mergeIdentities: false,
      eventsPerSecond: null,
      ingestPath: '',
      ...input,
      zone: await this.zoneNamed(scope, input.zone ?? ''),
    };
    refuse(this.refuseIngestPath(settings) ?? refuseProjectOverLimit(await this.store.countForInsert(scope)));
    const { orgId } = scope;
    const maker = { createdBy: scope.actorId || null, createdAt: scope.now() };
    const project = { ...settings, ...maker, builtIn, orgId, id: uuid() };
    const number = await this.store.insert(scope, project);
    await scope.audit('PROJECT_CREATED', {
      entityType: 'project',
      entityId: project.id,
      metadata: { name: project.name, zone: project.zone },
    });
    return { ...project, number, updatedAt: project.createdAt };
  }

  /** What is not given stays. An empty zone is UTC. */
  async update(scope: Scope, id: string, change: Partial<ProjectSettings>): Promise<ProjectRow> {
    const project = await this.getForUpdate(scope, id);
    const zone = change.zone === undefined ? project.zone : await this.zoneNamed(scope, change.zone);
    const changed: ProjectRow = { ...project, ...change, zone, updatedAt: scope.now() };
    if (changed.ingestPath !== project.ingestPath) refuse(this.refuseIngestPath(changed));
    if (keepsShorter(project.retentionDays, changed.retentionDays)) scope.requireRecentProof();
    const metadata = changesOf(project, changed);
    if (Object.keys(metadata).length === 0) return project;
    await this.store.update(scope, project.id, changed, changed.updatedAt);
    if (changed.retentionDays !== project.retentionDays) await this.retention.enqueue(scope, project.id);
    await scope.announceRevocation(`project:${project.id}`);
    await scope.audit('PROJECT_UPDATED', { entityType: 'project', entityId: project.id, metadata });
    return changed;
  }

  /** Its keys are refused at once; a job deletes its events. Some callers confirm it by the name. */
  async delete(scope: Scope, id: string, confirmationName?: string): Promise<void> {
    const project = await this.getForUpdate(scope, id);
    if (confirmationName !== undefined) refuse(refuseConfirmation(confirmationName, project.name));
    for (const deletion of this.deletions) await deletion(scope, project);
    await this.store.delete(scope, project.id);
    await scope.announceRevocation(`project:${project.id}`);
    await scope.enqueue({ task: eraseDeletedProjectsTask, payload: {}, key: scope.orgId });
    await scope.audit('PROJECT_DELETED', {
      entityType: 'project',
      entityId: project.id,
      metadata: { name: project.name },
    });
  }

  private refuseIngestPath({ ingestPath }: ProjectSettings): AppError | undefined {
    return refuseIngestPath(ingestPath, this.config.http.ingestPaths);
  }

  /**
   * The zone as it is spelled in the database of time zones, so that every program finds it; undefined for an unknown one.
   * Empty is UTC.
   */
  async findZone(scope: Scope, zone: string): Promise<string | undefined> {
    if (zone === '' || zone === defaultZone) return defaultZone;
    const resolved = resolvedZone(zone);
    return resolved && ((await this.store.findZone(scope, zone)) ?? resolved);
  }

  private async zoneNamed(scope: Scope, zone: string): Promise<string> {
    const found = await this.findZone(scope, zone);
    if (found === undefined) throw unknownZone();
    return found;
  }
}

function required(project: ProjectRow | undefined): ProjectRow {
  if (!project) throw notFound('project');
  return project;
}

function refuse(refusal: AppError | undefined): void {
  if (refusal) throw refusal;
}

import { Injectable } from '@nestjs/common';
import { ProjectDirectory } from '../caller/projects.directory.js';
import type { Project } from '../caller/project.js';
import type { AdmissionStep } from './admission.js';
import type { Call } from './call.js';
import { projectIdHeader, projectNotAccessible } from './project-id-header.js';

/**
 * Finds out for which project: a key knows its own, and everybody else names one of their organization. Of a member the
 * organization guard knows already.
 */
@Injectable()
export class ProjectGuard implements AdmissionStep {
  constructor(private readonly projects: ProjectDirectory) {}

  admit(call: Call): void | Promise<void> {
    const { access, caller, proven } = call;
    if (!access.boundary) return;
    if (proven && 'project' in proven) return this.enterByKey(call, proven.project);
    if (caller.kind === 'api_key' && access.callers.has('api_key'))
      return this.enterByName(call, caller.orgId);
  }

  private enterByKey(call: Call, project: Project): void {
    if (call.keyCarrier === 'authorization' && projectIdHeader(call) !== project.id)
      throw projectNotAccessible();
    call.project = project;
  }

  private enterByName(call: Call, orgId: string): void | Promise<void> {
    const id = projectIdHeader(call);
    const known = this.projects.recall(id);
    if (known) return enter(call, orgId, known);
    return this.projects.find(id).then((project) => enter(call, orgId, project));
  }
}

function enter(call: Call, orgId: string, project: Project | undefined): void {
  if (project?.orgId !== orgId) throw projectNotAccessible();
  call.project = project;
}

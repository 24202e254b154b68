import { Injectable } from '@nestjs/common';
import type { WorkflowDefinition } from '@dovecote/workflow';
import type { FieldViolation } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** What is wrong with a well-formed workflow in the eyes of one module; `field` is the path of the workflow. */
export type WorkflowCheck = (
  scope: Scope,
  workflow: WorkflowDefinition,
  field: string,
) => Promise<FieldViolation[]>;

/** How modules that this one does not know look at the workflow that an organization offers. */
@Injectable()
export class WorkflowChecks {
  private readonly checks: WorkflowCheck[] = [];

  /** Called by a module when it starts. */
  contribute(check: WorkflowCheck): void {
    this.checks.push(check);
  }

  async violations(scope: Scope, workflow: WorkflowDefinition, field: string): Promise<FieldViolation[]> {
    const violations: FieldViolation[] = [];
    for (const check of this.checks) violations.push(...(await check(scope, workflow, field)));
    return violations;
  }
}

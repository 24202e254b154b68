import { createValidator, type Violation } from '@bufbuild/protovalidate';
import { create, type DescMessage, type Message } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { services } from '../access/index.js';
import { AppError, type FieldViolation, invalidArgument } from '../errors/index.js';
import { callOf } from './call.js';
import { holdsMoreThan } from './message-size.js';

/** Elements of a message up to which everything that is wrong with it is looked for. */
const FULLY_CHECKED = 1_000;

/** Holds every request against the rules in its proto before any of our code reads it. */
@Injectable()
export class ValidationInterceptor implements NestInterceptor, OnModuleInit {
  /** Ends at the first violation: what a bad request costs does not grow with how bad it is. */
  private readonly first = createValidator({ failFast: true });
  private readonly every = createValidator();

  /** The rules of a message are compiled at its first check; better now than in somebody's first call. */
  onModuleInit(): void {
    for (const { input } of services.flatMap(({ methods }) => methods)) {
      this.first.validate(input, create(input));
      this.every.validate(input, create(input));
    }
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToRpc().getData<Message>();
    const violations = this.violationsOf(callOf(context).rpc.method.input, request);
    if (violations.length > 0) throw invalidArgument(violations);
    return next.handle();
  }

  private violationsOf(schema: DescMessage, request: Message): FieldViolation[] {
    const found = this.first.validate(schema, request);
    if (found.kind === 'valid') return [];
    const result =
      found.kind === 'error' || holdsMoreThan(FULLY_CHECKED, schema, request)
        ? found
        : this.every.validate(schema, request);
    if (result.kind === 'error') {
      throw new AppError('internal', 'RULE_BROKEN', 'Internal error.', {}, result.error);
    }
    return (result.violations ?? []).map(toFieldViolation);
  }
}

function toFieldViolation(violation: Violation): FieldViolation {
  return { field: pathToString(violation.field), description: violation.message };
}

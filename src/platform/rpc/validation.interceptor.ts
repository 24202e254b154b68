import { createValidator, type Violation } from '@bufbuild/protovalidate';
import { create, type Message } from '@bufbuild/protobuf';
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
import { AppError, invalidArgument } from '../errors/index.js';
import { callOf } from './call.js';

/** Holds every request against the rules in its proto before any of our code reads it. */
@Injectable()
export class ValidationInterceptor implements NestInterceptor, OnModuleInit {
  private readonly validator = createValidator();

  /** The rules of a message are compiled at its first check; better now than in somebody's first call. */
  onModuleInit(): void {
    for (const { input } of services.flatMap(({ methods }) => methods))
      this.validator.validate(input, create(input));
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToRpc().getData<Message>();
    const result = this.validator.validate(callOf(context).rpc.method.input, request);
    if (result.kind === 'invalid') throw invalidArgument(result.violations.map(toFieldViolation));
    if (result.kind === 'error') {
      throw new AppError('internal', 'RULE_BROKEN', 'Internal error.', {}, result.error);
    }
    return next.handle();
  }
}

function toFieldViolation(violation: Violation): { field: string; description: string } {
  return { field: pathToString(violation.field), description: violation.message };
}

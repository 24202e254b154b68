import { createValidator, type Violation } from '@bufbuild/protovalidate';
import type { Message } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { AppError, invalidArgument } from '../errors/index.js';
import { callOf } from './call.js';

/** Holds every request against the rules in its proto before any of our code reads it. */
@Injectable()
export class ValidationInterceptor implements NestInterceptor {
  private readonly validator = createValidator();

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

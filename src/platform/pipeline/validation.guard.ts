import { setTimeout as delay } from 'node:timers/promises';
import { createValidator, type Violation } from '@bufbuild/protovalidate';
import { create, type DescMessage, type Message } from '@bufbuild/protobuf';
import { runInPieces } from '@dovecote/rpc';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { contractOf } from '../access/contract.rules.js';
import { services } from '../access/index.js';
import { AppError, type FieldViolation, invalidArgument } from '../errors/index.js';
import { RequestText } from '../text/index.js';
import { callOf } from './call.js';
import { EpochTimes } from './epoch.js';
import { hasListOver, holdsMoreThan } from './message-size.js';
import { isValidatedByModule } from './own-validation.js';
import { unstorable, unstorableInPieces } from './unstorable.js';

/** Elements of a message up to which everything that is wrong with it is looked for. */
const FULLY_CHECKED = 1_000;
/** Between two messages whose rules are compiled: calls come first. */
const COMPILE_PAUSE_MS = 20;

/** Reads the names and addresses of every request, and holds it against the rules in its proto, before our code sees it. */
@Injectable()
export class ValidationGuard implements CanActivate {
  /** Ends at the first violation: what a bad request costs does not grow with how bad it is. */
  private readonly first = createValidator({ failFast: true });
  private readonly every = createValidator();
  private readonly text = new RequestText();
  private readonly epochs = new EpochTimes();

  /**
   * Rules are compiled at the first check of a message. This compiles those of all messages after a start, one by one, so
   * that neither the start nor the first calls wait for them. Does not keep the process running.
   */
  async compileWhileIdle(): Promise<void> {
    for (const schema of requestTypes()) {
      await delay(COMPILE_PAUSE_MS, undefined, { ref: false });
      this.first.validate(schema, create(schema));
    }
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    const request = context.getArgByIndex<Message>(0);
    const schema = callOf(context).rpc.method.input;
    if (isValidatedByModule(schema.typeName)) return true;
    if (contractOf(schema.typeName) === 'documented') this.epochs.unset(schema, request);
    const unread = this.text.read(schema, request);
    if (!hasListOver(FULLY_CHECKED, schema, request))
      return this.judge(schema, request, joined(unread, unstorable(schema, request)));
    return runInPieces(unstorableInPieces(schema, request)).then((found) =>
      this.judge(schema, request, joined(unread, found)),
    );
  }

  private judge(schema: DescMessage, request: Message, found: FieldViolation[]): true {
    const violations = joined(found, this.violationsOf(schema, request));
    if (violations.length > 0) throw invalidArgument(violations);
    return true;
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

function requestTypes(): ReadonlySet<DescMessage> {
  return new Set(services.flatMap(({ methods }) => methods).map(({ input }) => input));
}

/** One reason for a field is enough: a value that cannot be read or stored mostly breaks the rules of its proto, too. */
function joined(first: FieldViolation[], then: FieldViolation[]): FieldViolation[] {
  if (first.length === 0) return then;
  const named = new Set(first.map(({ field }) => field));
  return [...first, ...then.filter(({ field }) => !named.has(field))];
}

function toFieldViolation(violation: Violation): FieldViolation {
  return { field: pathToString(violation.field), description: violation.message };
}

import { Module } from '@nestjs/common';
import { SetupController } from './setup.controller.js';
import { SetupGate } from './setup-gate.js';
import { SignInController } from './sign-in.controller.js';

/**
 * The page on which an admin connects an identity provider, without a script and without help.
 * Invariant: it does nothing but call the API with the admin's own token, so that it can do no more than they.
 */
@Module({
  // The first comes first: the second takes every other form.
  controllers: [SignInController, SetupController],
  providers: [SetupGate],
})
export class SetupModule {}

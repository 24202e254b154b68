import { Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';

/** Apart from the platform, because rate limits need the clock before the platform stands. */
@Global()
@Module({ providers: [Clock], exports: [Clock] })
export class ClockModule {}

import { Injectable } from '@nestjs/common';

/** Whether this process wants traffic: not before it is ready, not once it is stopping. */
@Injectable()
export class Readiness {
  serving = false;
}

// What people do with the dashboard application: each part of a journey is replayed as one test.
import * as accounts from './accounts.mjs';
import { keepBoard, shareBoard } from './boards.mjs';
import { askInsights, readPages } from './reading.mjs';
import { person } from './stage.mjs';

export const journeys = {
  product: {
    domain: 'shop.example',
    async play(stage) {
      const ada = await person(stage);
      await accounts.signIn(stage, ada, stage.addresses.ada);
      await accounts.project(stage, ada);
      await readPages(stage, ada);
      await askInsights(stage, ada);
      await keepBoard(stage, ada);
      await shareBoard(stage, ada);
      await accounts.keys(stage, ada);
      await accounts.invite(stage, ada);
    },
  },
  accounts: {
    domain: 'store.example',
    async play(stage) {
      const ada = await person(stage);
      await accounts.signIn(stage, ada, stage.addresses.ada);
      await accounts.project(stage, ada);
      await accounts.comeAndGo(stage, ada);
      await accounts.passwords(stage, ada);
      await accounts.sessions(stage, ada);
      await accounts.organizations(stage, ada);
      await accounts.demoSession(stage);
    },
  },
};

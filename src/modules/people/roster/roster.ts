export interface NamedRoster {
  id: string;
  name: string;
}

/** A team or a group. */
export interface Roster extends NamedRoster {
  description: string;
  /** Seeded with the organization; everybody who is invited or active is in it. */
  isDefault: boolean;
  /** The member who made it; null when seeded or made with an API key. */
  createdBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface CountedRoster extends Roster {
  memberCount: number;
}

/** As the policy sees it. */
export interface FoundRoster extends Roster {
  /** The caller is in it. */
  isMember: boolean;
}

"""Who the bot is in its workspace, and who belongs to the same organisation."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What Slack's `auth.test` says about the token."""

    user_id: str
    bot_id: str
    team_id: str
    enterprise_id: str = ""

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """Read an answer of `auth.test`."""
        return cls(
            user_id=str(answer.get("user_id") or ""),
            bot_id=str(answer.get("bot_id") or ""),
            team_id=str(answer.get("team_id") or ""),
            enterprise_id=str(answer.get("enterprise_id") or ""),
        )

    def is_ours(self, team: str, enterprise: str = "") -> bool:
        """Whether somebody of this team is of the organisation that installed the bot; an unknown team is.

        In an organisation with several workspaces, Slack may give the organisation's id as the team's.
        """
        if not team or team == self.team_id:
            return True
        return bool(self.enterprise_id) and self.enterprise_id in {team, enterprise}

"""Who the bot is in its workspace or organisation."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What Slack's `auth.test` says about the token."""

    user_id: str
    bot_id: str
    team_id: str = ""
    """The workspace; empty for an app that is installed for a whole organisation."""
    enterprise_id: str = ""
    """The organisation, where the workspace belongs to one."""

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """Read an answer of `auth.test`; installed for an organisation, its team is none or the organisation itself."""
        team, enterprise = str(answer.get("team_id") or ""), str(answer.get("enterprise_id") or "")
        if answer.get("is_enterprise_install") is True:
            team, enterprise = "", enterprise or team
        return cls(
            user_id=str(answer.get("user_id") or ""),
            bot_id=str(answer.get("bot_id") or ""),
            team_id=team,
            enterprise_id=enterprise,
        )

    @property
    def is_org_wide(self) -> bool:
        """Whether the app is installed for a whole organisation."""
        return bool(self.enterprise_id) and not self.team_id

    def is_ours(self, team: str, enterprise: str = "") -> bool:
        """Whether these ids name the installation; in an organisation, Slack may give its id as the team's."""
        return bool({team, enterprise} & ({self.team_id, self.enterprise_id} - {""}))

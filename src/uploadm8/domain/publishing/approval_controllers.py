"""/api/approvals, and the answers under /api/publications."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from uploadm8.api.guards import given, needs
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.api.principal import Principal
from uploadm8.domain.publishing.approvals import Approvals
from uploadm8.domain.publishing.schemas import (
    ApprovalOut,
    Decision,
    PolicyChange,
    PolicyView,
    PublicationDetail,
    Rejection,
)
from uploadm8.domain.publishing.service import Publications
from uploadm8.domain.publishing.tables import ApprovalState

InState = Annotated[ApprovalState, QueryParameter(name="state", description="Which to list.")]


class ApprovalsController(Controller):
    """Questions to the approvers, and the workspace's rule."""

    path = "/api/approvals"
    tags = ["Approvals"]
    dependencies = {"approvals": given("approvals")}

    @get("/", summary="List approvals")
    async def listing(
        self,
        principal: NamedDependency[Principal],
        approvals: NamedDependency[Approvals],
        limit: Limit = 20,
        cursor: Cursor = None,
        in_state: InState = ApprovalState.PENDING,
    ) -> Page[ApprovalOut]:
        """Newest first; those that wait for an answer unless another state is asked for."""
        rows = await approvals.listing(principal.workspace_id, in_state, limit + 1, by_id(cursor))
        return page(rows, limit, lambda row: (row.id,))

    @get("/policy", summary="Whose posts wait for an approver")
    async def policy(
        self, principal: NamedDependency[Principal], approvals: NamedDependency[Approvals]
    ) -> PolicyView:
        """In force on tiers with approval workflows; editors' posts wait unless said otherwise."""
        return await approvals.policy(principal.workspace_id)

    @put("/policy", summary="Change the approval rule", **needs("admin"))
    async def set_policy(
        self,
        data: JSONBody[PolicyChange],
        principal: NamedDependency[Principal],
        approvals: NamedDependency[Approvals],
    ) -> PolicyView:
        """For what is planned or changed from now on. Needs a tier with approval workflows."""
        return await approvals.set_policy(
            principal.workspace_id, data.required_of, self_approval=data.self_approval
        )


class DecisionsController(Controller):
    """Answers to the questions."""

    path = "/api/publications/{publication_id:uuid}"
    tags = ["Approvals"]
    dependencies = {"approvals": given("approvals"), "publications": given("publications")}

    @post("/approve", status_code=200, summary="Approve a post", **needs("admin", session=True))
    async def approve(
        self,
        publication_id: FromPath[UUID],
        data: JSONBody[Decision],
        principal: NamedDependency[Principal],
        approvals: NamedDependency[Approvals],
        publications: NamedDependency[Publications],
    ) -> PublicationDetail:
        """Exactly as it is: any later change needs a new approval."""
        await approvals.approve(principal, publication_id, data)
        return await publications.detail(principal.workspace_id, publication_id)

    @post("/reject", status_code=200, summary="Reject a post", **needs("admin", session=True))
    async def reject(
        self,
        publication_id: FromPath[UUID],
        data: JSONBody[Rejection],
        principal: NamedDependency[Principal],
        approvals: NamedDependency[Approvals],
        publications: NamedDependency[Publications],
    ) -> PublicationDetail:
        """With a comment that whoever asked gets by mail; the post stays held."""
        await approvals.reject(principal, publication_id, data.comment)
        return await publications.detail(principal.workspace_id, publication_id)

    @post("/request-approval", status_code=202, summary="Ask again about a rejected post")
    async def ask_again(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        approvals: NamedDependency[Approvals],
        publications: NamedDependency[Publications],
    ) -> PublicationDetail:
        """The approvers are told by mail."""
        await approvals.ask_again(principal, publication_id)
        return await publications.detail(principal.workspace_id, publication_id)

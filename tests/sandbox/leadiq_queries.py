"""The queries of LeadIQ's guide and samples."""

from __future__ import annotations

ACCOUNT = """query Account { account {
  plans { name product status nextBillingPeriod }
  dataHubPlan { name product status nextBillingPeriod available used }
  universalPlan { name product status nextBillingPeriod available used }
} }"""
GUIDE = """query SearchPerson($input: SearchPeopleInput!) { searchPeople(input: $input) {
  totalResults hasMore
  results {
    id
    name { fullName first last }
    currentPositions {
      title seniority function
      companyInfo { id name domain }
      emails { value status type }
      phones { value type verificationStatus }
    }
    linkedin { linkedinUrl }
  }
} }"""
COMPANY = """query SearchCompany($input: SearchCompanyInput!) { searchCompany(input: $input) {
  totalResults
  results {
    id name domain industry numberOfEmployees
    locationInfo { city areaLevel1 country }
    fundingInfo { fundingTotalUsd lastFundingType }
    technologies { name category }
  }
} }"""
FLAT = """query FlatAdvancedSearch($input: FlatSearchInput!) { flatAdvancedSearch(input: $input) {
  totalPeople
  people { id name title role seniority linkedinUrl }
} }"""
CHANGES = """query FlatAdvancedSearch($input: FlatSearchInput!) { flatAdvancedSearch(input: $input) {
  totalPeople
  people { name personJobChange {
    jobChangeType startedAt
    previousPosition { title company { id name } }
    currentPosition { title role seniority company { id name } }
  } }
} }"""
GROUPED = """query GroupedSearch($input: GroupedSearchInput!) { groupedAdvancedSearch(input: $input) {
  totalCompanies
  companies {
    totalContactsInCompany
    company { id name domain industry employeeCount }
    people { id name title seniority linkedinUrl }
  }
} }"""
